"""A step that people were not asked about again counts in the exports all the same."""

from __future__ import annotations

import pytest
from django.utils import timezone

from annotation.deciding.resolution import item_resolve
from annotation.exports.formats import ExportFilter
from annotation.exports.native import native_records
from annotation.exports.rows import rollout_total
from annotation.labelling.queue import queue_open
from annotation.models import Pair, Project, Resolution
from tests.factories import (
    cot,
    labels_for,
    make_pair,
    make_project,
    make_resolved,
    make_rollout,
    make_user,
    submit,
)

pytestmark = pytest.mark.django_db
OTHER = cot(tier="4").replace("color blue", "color green")  # step 2 and the tier differ


@pytest.fixture
def pair() -> Pair:
    project = make_project(overlap=1)
    project.reuse_audit_percent = 0
    project.save()
    return make_pair(project)


def answers(project: Project, rollout: int) -> list[tuple[str, str] | None]:
    [record] = [r for r in native_records(ExportFilter(project)) if r["rollout_id"] == rollout]
    humans = [step["human"] for step in record["steps"]]
    return [human and (human["verdict"], human["value"]) for human in humans]


def test_the_answers_that_were_reused_are_those_of_the_rollout(pair: Pair) -> None:
    make_resolved(pair, labels_for(tier="2", query="incorrect"))
    item = queue_open(rollout=make_rollout(pair, OTHER))
    assert item is not None
    assert item.kinds == [2]
    submit(item, make_user(), labels_for()[1:2])
    item_resolve(item=item)
    assert answers(pair.project, item.rollout_id) == [
        ("incorrect", ""),  # the same words
        ("correct", ""),  # asked
        ("correct", "match"),
        ("correct", "none"),
        ("incorrect", "2"),  # it claims 4
    ]


def test_what_people_said_there_comes_before_what_they_said_elsewhere(pair: Pair) -> None:
    here = make_resolved(pair, labels_for(tier="2"))
    make_resolved(pair, labels_for(tier="3"))
    assert answers(pair.project, here.rollout_id)[4] == ("correct", "2")


def test_with_first_error_only_what_was_left_unmarked_stays_so(pair: Pair) -> None:
    pair.project.first_error_only = True
    pair.project.save()
    make_resolved(pair, labels_for())
    wrong = make_resolved(pair, labels_for(query="incorrect")[:1])
    assert Resolution.objects.filter(item=wrong).count() == 1
    assert answers(pair.project, wrong.rollout_id) == [("incorrect", ""), *[None] * 4]


def covered_of(project: Project) -> dict[int, bool]:
    return {r["rollout_id"]: r["covered"] for r in native_records(ExportFilter(project))}


def test_a_rollout_that_people_had_no_need_to_see_is_exported_with_their_answers(
    pair: Pair,
) -> None:
    seen = make_resolved(pair, labels_for(tier="3"))
    same = make_rollout(pair, cot())
    assert queue_open(rollout=same) is None, "nothing is left to ask"
    assert covered_of(pair.project) == {seen.rollout_id: False, same.pk: True}
    assert rollout_total(ExportFilter(pair.project)) == 2
    assert answers(pair.project, same.pk) == [
        ("correct", ""), ("correct", ""), ("correct", "match"), ("correct", "none"),
        ("incorrect", "3"),
    ]  # fmt: skip


def test_what_has_a_question_left_is_not_covered(pair: Pair) -> None:
    seen = make_resolved(pair, labels_for())
    make_rollout(pair, OTHER)  # another text of step 2
    make_rollout(pair, cot().replace("tier:", "grade:"))  # no five-step answer
    make_rollout(make_pair(pair.project))
    assert covered_of(pair.project) == {seen.rollout_id: False}
    make_rollout(pair, cot())
    Resolution.objects.filter(kind=2).update(withdrawn_at=timezone.now())
    assert covered_of(pair.project) == {seen.rollout_id: False}


def test_where_answers_are_not_reused_nothing_is_covered(pair: Pair) -> None:
    project = pair.project
    seen = make_resolved(pair, labels_for())
    make_rollout(pair, cot())
    project.first_error_only = True
    assert covered_of(project) == {seen.rollout_id: False}
    project.first_error_only, project.reuse = False, False
    assert covered_of(project) == {seen.rollout_id: False}

"""Pulling ground truth: precedence, supersession, nothing twice, nothing missed."""

from __future__ import annotations

import pytest

from annotation.cot.labels import LabelInput
from annotation.deciding.resolution import (
    StepDecision,
    item_adjudicate,
    item_reopen,
    item_resolve,
)
from annotation.models import Pair
from annotation.people.roles import Role
from tests.factories import (
    labels_for,
    make_item,
    make_pair,
    make_project,
    make_resolved,
    make_user,
    submit,
)
from verifier.models import GroundTruth, Watermark
from verifier.services.truth import truth_refresh, truth_refresh_share
from verifier.tasks import truth_refresh_due


def current(pair: Pair) -> dict[int, tuple[str, str]]:
    rows = GroundTruth.objects.filter(pair=pair, superseded_at=None)
    return {row.kind: (row.value, row.source) for row in rows}


@pytest.mark.django_db
class TestPrecedence:
    def test_gold_and_silver_come_from_the_pair_and_gold_wins(self) -> None:
        project = make_project()
        pair = make_pair(project, gold={"5": "4"}, silver={"3": "match", "5": "1"})
        assert truth_refresh(project=project)["gold"] == 1
        assert current(pair) == {3: ("match", "silver"), 5: ("4", "gold")}

    def test_people_supersede_imported_values_and_the_old_row_stays(self) -> None:
        project = make_project(overlap=1)
        pair = make_pair(project, gold={"5": "4"})
        truth_refresh(project=project)
        make_resolved(pair, labels_for(tier="3"))
        counts = truth_refresh(project=project)
        assert counts == {"adjudicated": 0, "consensus": 5, "gold": 0, "silver": 0}
        assert current(pair)[5] == ("3", "consensus")
        old = GroundTruth.objects.get(pair=pair, source="gold")
        assert (old.value, old.superseded_at is not None) == ("4", True)

    def test_the_newer_word_of_equals_wins(self) -> None:
        project = make_project(overlap=1)
        pair = make_pair(project)
        make_resolved(pair, labels_for(tier="3"))
        make_resolved(pair, labels_for(tier="1"))
        truth_refresh(project=project)
        assert current(pair)[5] == ("1", "consensus")

    def test_a_later_consensus_does_not_outrank_a_lead(self) -> None:
        project = make_project(overlap=1)
        pair, lead = make_pair(project), make_user(Role.LEAD)
        item = make_resolved(pair, labels_for(tier="3"))
        item_reopen(item=item, lead=lead, reason="check")
        item_adjudicate(item=item, lead=lead, decisions={5: StepDecision("incorrect", "4")})
        truth_refresh(project=project)
        make_resolved(pair, labels_for(tier="1"))
        truth_refresh(project=project)
        assert current(pair)[5] == ("4", "adjudicated")

    def test_open_steps_are_kept_by_their_text(self) -> None:
        project = make_project(overlap=1)
        pair = make_pair(project)
        item = make_resolved(pair, labels_for(tier="2"))
        truth_refresh(project=project)
        step = item.rollout.steps.get(kind=1)
        row = GroundTruth.objects.get(kind=1)
        assert (row.step_sha256, row.value) == (step.sha256, "correct")

    def test_a_missing_step_gives_a_value_for_the_pair(self) -> None:
        project = make_project(overlap=1)
        item = make_item(project, text="nothing that can be read")
        submit(item, make_user(), [LabelInput(5, "incorrect", "3")])
        item_resolve(item=item)
        truth_refresh(project=project)
        assert current(item.rollout.pair) == {5: ("3", "consensus")}

    def test_refreshing_again_adds_nothing(self) -> None:
        project = make_project(overlap=1)
        pair = make_pair(project, gold={"3": "match"}, silver={"4": "all"})
        make_resolved(pair, labels_for(tier="2"))
        truth_refresh()
        before = GroundTruth.objects.count()
        truth_refresh_due()
        assert not any(truth_refresh(project=project).values())
        assert GroundTruth.objects.count() == before

    def test_projects_do_not_mix(self) -> None:
        one, other = make_project(), make_project()
        make_pair(one, gold={"5": "4"})
        make_pair(other, gold={"5": "1"})
        truth_refresh(project=one)
        assert [row.project for row in GroundTruth.objects.all()] == [one]

    def test_a_value_outside_the_kind_is_not_truth(self) -> None:
        project = make_project()
        pair = make_pair(project, gold={"5": "9", "3": "match"})
        truth_refresh(project=project)
        assert current(pair) == {3: ("match", "gold")}


@pytest.mark.django_db
def test_pairs_without_values_are_passed_over_once() -> None:
    project = make_project()
    for _ in range(3):
        newest = make_pair(project)
    truth_refresh(project=project)
    assert Watermark.objects.get(name=f"truth:{project.pk}:pairs").position == newest.pk
    pair = make_pair(project, gold={"5": "4"})
    truth_refresh(project=project)
    assert current(pair) == {5: ("4", "gold")}


@pytest.mark.django_db
def test_a_share_of_the_work_is_bounded_and_the_next_one_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("verifier.services.truth._BATCH", 2)
    one, other = make_project(), make_project()
    for project in (one, other):
        for _ in range(5):
            make_pair(project, gold={"5": "4"})
    left: list[bool] = []
    while not left or left[-1]:
        left.append(truth_refresh_share(batches=1))
    assert left == [True, True, False]  # 2 + 2 + 1 of each project
    assert GroundTruth.objects.count() == 10

"""Label Studio tasks: whose labels are in them, in which order, and what each says."""

from __future__ import annotations

from typing import Any

import pytest

from annotation.cot.labels import LabelInput
from annotation.exports.formats import ExportFilter
from annotation.exports.label_studio import tasks
from annotation.labelling.submit import submission_undo
from annotation.models import Project, QueueItem
from tests.factories import (
    make_item,
    make_pair,
    make_project,
    make_rollout,
    make_user,
    open_item,
    submit,
)

pytestmark = pytest.mark.django_db


def exported(project: Project, **chosen: str) -> list[dict[str, Any]]:
    return list(tasks(ExportFilter(project, **chosen)))


def test_each_submission_is_one_annotation_in_order_of_age_and_an_undone_one_is_none() -> None:
    item = make_item(make_project(overlap=3))
    first, gone, last = make_user(), make_user(), make_user()
    submit(item, first, [LabelInput(2, "correct"), LabelInput(1, "correct")])
    submission_undo(submission=submit(item, gone), annotator=gone)
    submit(item, last, [LabelInput(1, "incorrect", comment="it is red")])
    (task,) = exported(item.project)
    results = [
        [(r["from_name"], r["meta"]["annotator"], r["value"]) for r in one["result"]]
        for one in task["annotations"]
    ]
    assert {name for name, _, _ in results[0]} == {"verdict_1", "verdict_2"}
    assert {person for _, person, _ in results[0]} == {first.username}
    assert results[1] == [
        ("verdict_1", last.username, {"choices": ["incorrect"]}),
        ("comment_1", last.username, {"text": ["it is red"]}),
    ]


def test_two_people_who_say_the_same_keep_their_names() -> None:
    item = make_item(make_project(overlap=2))
    people = [make_user(), make_user()]
    for person in people:
        submit(item, person, [LabelInput(1, "correct")])
    (task,) = exported(item.project)
    names = [one["result"][0]["meta"]["annotator"] for one in task["annotations"]]
    assert names == [person.username for person in people]


def test_a_rollout_without_readable_steps_is_a_task_without_them() -> None:
    item = make_item(make_project(overlap=1), text="no steps at all", kinds=[1])
    submit(item, make_user(), [LabelInput(1, "unsure", reason="nothing to read")])
    (task,) = exported(item.project)
    assert task["predictions"] == [{"model_version": "seed", "result": []}]
    assert "step_1" not in task["data"]
    assert task["annotations"][0]["result"][1]["value"] == {"text": ["nothing to read"]}


def test_split_policy_project_and_gold_decide_what_is_in_it() -> None:
    project = make_project(overlap=1)
    item = open_item(make_rollout(make_pair(project)))
    submit(item, make_user(), [LabelInput(1, "correct")])
    unlabelled = make_item(project)
    assert len(exported(project, split="train", policy="seed")) == 1
    assert exported(project, split="test") == exported(project, policy="other") == []
    assert exported(make_project()) == []
    QueueItem.objects.exclude(pk=unlabelled.pk).update(state=QueueItem.State.GOLD)
    assert exported(project) == []

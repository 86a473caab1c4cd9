from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from annotation.cot.errors import Conflict, Denied, Invalid
from annotation.models import Project, QueueItem
from annotation.people.roles import Role, role_grant
from tests.factories import make_project
from tests.training.world import (
    appointed,
    differences,
    disputed,
    resolve,
    rm_make,
)
from training.disagreements.disagreements import (
    disagreement_decide,
    disagreements_open,
    disagreements_requeue,
    disagreements_settle,
)
from training.models import Checkpoint, Disagreement

pytestmark = pytest.mark.django_db
State = Disagreement.State


@pytest.fixture
def project() -> Project:
    return make_project()


@pytest.fixture
def rm() -> Checkpoint:
    return rm_make()


@pytest.fixture
def lead() -> User:
    return role_grant(user=User.objects.create_user("lena"), role=Role.LEAD)


def test_only_steps_judged_differently_are_listed_the_surest_first(
    project: Project, rm: Checkpoint
) -> None:
    disputed(
        project,
        rm,
        "a",
        {1: 0.9, 2: 0.2, 3: 0.8, 4: 0.4, 5: 0.5},
        {1: "correct", 2: "correct", 3: "incorrect", 4: "incorrect", 5: "incorrect"},
    )
    listed = differences(project, rm)
    # step 2: the model says incorrect with 0.8; step 3: correct with 0.8; step 5: the
    # threshold itself counts as correct
    assert {(d.step.kind, round(d.confidence, 6)) for d in listed} == {
        (2, 0.8),
        (3, 0.8),
        (5, 0.5),
    }
    assert [d.confidence for d in listed] == sorted(
        (d.confidence for d in listed), reverse=True
    )


def test_listing_twice_lists_once(project: Project, rm: Checkpoint) -> None:
    disputed(project, rm, "a", {3: 0.9}, {3: "incorrect"})
    first = differences(project, rm)
    assert differences(project, rm) == first
    assert len(first) == 1


def test_listing_again_reads_no_row_of_what_was_listed_before(
    project: Project, rm: Checkpoint
) -> None:
    for name in "abc":
        disputed(project, rm, name, {3: 0.9}, {3: "incorrect"})
    appointed(project, rm)
    rows: list[int] = []

    def counted(
        execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        answer = execute(sql, params, many, context)
        if sql.startswith("SELECT"):
            rows.append(context["cursor"].rowcount)
        return answer

    with connection.execute_wrapper(counted):
        assert disagreements_open(project=project) == 3
        assert disagreements_open(project=project) == 0
    assert rows == [3, 0]


def test_a_step_without_a_verdict_is_no_disagreement(project: Project, rm: Checkpoint) -> None:
    disputed(project, rm, "a", {3: 0.1, 4: 0.1}, {4: ""})
    assert differences(project, rm) == []


def test_the_newest_resolution_counts(project: Project, rm: Checkpoint) -> None:
    rollout = disputed(project, rm, "a", {3: 0.9}, {3: "incorrect"})
    resolve(rollout, {3: "correct"})
    assert differences(project, rm) == []


def test_requeue_asks_people_about_all_disputed_steps_of_the_rollout(
    project: Project, rm: Checkpoint, lead: User
) -> None:
    rollout = disputed(project, rm, "a", {3: 0.9, 5: 0.8}, {3: "incorrect", 5: "incorrect"})
    first, second = differences(project, rm)
    disagreement_decide(disagreement=first, lead=lead, decision="requeue")
    item = QueueItem.objects.get(rollout=rollout, state="open")
    assert (item.reason, item.kinds, item.priority) == ("disagreement", [3, 5], 100)
    second.refresh_from_db()
    assert (second.state, second.item, second.decided_by) == (State.REQUEUED, item, lead)
    with pytest.raises(Conflict, match="decided already"):
        disagreement_decide(disagreement=second, lead=lead, decision="human_right")


def test_a_rollout_that_is_in_the_queue_is_not_queued_again(
    project: Project, rm: Checkpoint, lead: User
) -> None:
    rollout = disputed(project, rm, "a", {3: 0.9}, {3: "incorrect"})
    QueueItem.objects.create(project=project, rollout=rollout, overlap=1, kinds=[1])
    (disagreement,) = differences(project, rm)
    with pytest.raises(Conflict, match="in the queue already"):
        disagreement_decide(disagreement=disagreement, lead=lead, decision="requeue")
    assert disagreements_requeue(project=project) == []
    disagreement.refresh_from_db()
    assert disagreement.state == State.OPEN


@pytest.mark.parametrize("decision", ["human_right", "rm_right", "guideline_gap"])
def test_a_lead_can_settle_a_disagreement(
    project: Project, rm: Checkpoint, lead: User, decision: str
) -> None:
    disputed(project, rm, "a", {3: 0.9}, {3: "incorrect"})
    (disagreement,) = differences(project, rm)
    disagreement_decide(disagreement=disagreement, lead=lead, decision=decision)
    assert (disagreement.state, disagreement.decided_by) == (decision, lead)


def test_others_and_unknown_decisions_are_refused(
    project: Project, rm: Checkpoint, lead: User
) -> None:
    disputed(project, rm, "a", {3: 0.9}, {3: "incorrect"})
    (disagreement,) = differences(project, rm)
    annotator = role_grant(user=User.objects.create_user("ann"), role=Role.ANNOTATOR)
    with pytest.raises(Denied):
        disagreement_decide(disagreement=disagreement, lead=annotator, decision="requeue")
    with pytest.raises(Invalid):
        disagreement_decide(disagreement=disagreement, lead=lead, decision="maybe")


def test_scheduled_sampling_sends_the_surest_and_keeps_its_limit(
    project: Project, rm: Checkpoint
) -> None:
    for name, p in [("a", 0.6), ("b", 0.95), ("c", 0.8)]:
        disputed(project, rm, name, {3: p}, {3: "incorrect"})
    differences(project, rm)
    sent = disagreements_requeue(project=project, limit=2)
    assert [d.confidence for d in sent] == [0.95, 0.8]
    assert all(d.decided_by is None for d in sent)
    assert disagreements_requeue(project=project, limit=2) == []
    QueueItem.objects.filter(reason="disagreement").update(state="resolved")
    assert [d.confidence for d in disagreements_requeue(project=project, limit=2)] == [0.6]


@pytest.mark.parametrize(
    ("again", "state"), [("correct", State.RM_RIGHT), ("incorrect", State.HUMAN_RIGHT)]
)
def test_the_second_look_decides_who_was_right_and_is_final(
    project: Project, rm: Checkpoint, again: str, state: str
) -> None:
    rollout = disputed(project, rm, "a", {3: 0.9}, {3: "incorrect"})
    (disagreement,) = differences(project, rm)
    disagreements_requeue(project=project)
    assert disagreements_settle() == 0, "people have not answered yet"
    QueueItem.objects.filter(rollout=rollout, state="open").update(state="resolved")
    resolve(rollout, {3: again})
    assert disagreements_settle() == 1
    disagreement.refresh_from_db()
    assert disagreement.state == state
    assert differences(project, rm) == [disagreement], "it does not come back"
    assert disagreements_requeue(project=project) == []

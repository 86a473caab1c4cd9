"""The one in charge disputes, once a step and verdict."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from annotation.models import Assignment, Project, QueueItem, Resolution
from annotation.people.roles import Role, role_grant
from tests.factories import make_project
from tests.training.world import (
    appointed,
    differences,
    disputed,
    resolve,
    rm_make,
    score,
)
from training.disagreements.disagreements import (
    disagreement_decide,
    disagreements_open,
    disagreements_requeue,
)
from training.disagreements.withdrawing import disagreements_withdraw
from training.disagreements.workbench import DisagreementFilter, disagreement_trend
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


def test_a_model_that_is_not_in_charge_disputes_nothing(
    project: Project, rm: Checkpoint
) -> None:
    disputed(project, rm, "a", {3: 0.9}, {3: "incorrect"})
    assert disagreements_open(project=project) == 0
    appointed(project, rm_make(name="other"))
    assert disagreements_open(project=project) == 0


@pytest.mark.parametrize("decision", ["human_right", "guideline_gap", "rm_right"])
def test_what_is_settled_is_not_listed_again_for_a_later_model_and_counts_in_its_error_rate(
    project: Project, rm: Checkpoint, lead: User, decision: str
) -> None:
    rollout = disputed(project, rm, "a", {3: 0.9}, {3: "incorrect"})
    (disagreement,) = differences(project, rm)
    disagreement_decide(disagreement=disagreement, lead=lead, decision=decision)
    later = rm_make(name="later")
    score(rollout, later, {3: 0.8})
    assert differences(project, later) == []
    rates = {row.rm: row.rate for row in disagreement_trend(DisagreementFilter())}
    assert rates == {"rm": 1.0, "later": 1.0}


def test_a_newer_resolution_that_says_otherwise_opens_the_step_to_a_later_model(
    project: Project, rm: Checkpoint, lead: User
) -> None:
    rollout = disputed(project, rm, "a", {3: 0.9}, {3: "incorrect"})
    (disagreement,) = differences(project, rm)
    disagreement_decide(disagreement=disagreement, lead=lead, decision="human_right")
    resolve(rollout, {3: "correct"})
    later = rm_make(name="later")
    score(rollout, later, {3: 0.2})
    (again,) = differences(project, later)
    assert again.resolution.verdict == "correct"


def test_what_a_lead_decided_for_the_model_holds_until_people_decide_anew(
    project: Project, rm: Checkpoint, lead: User
) -> None:
    rollout = disputed(project, rm, "a", {3: 0.9}, {3: "incorrect"})
    (disagreement,) = differences(project, rm)
    disagreement_decide(disagreement=disagreement, lead=lead, decision="rm_right")
    later = rm_make(name="later")
    score(rollout, later, {3: 0.8})
    assert differences(project, later) == []
    resolve(rollout, {3: "incorrect"})
    assert len(differences(project, later)) == 1


def test_a_withdrawn_resolution_is_no_verdict_to_differ_from(
    project: Project, rm: Checkpoint
) -> None:
    disputed(project, rm, "a", {3: 0.9}, {3: "incorrect"})
    Resolution.objects.update(withdrawn_at=timezone.now())
    assert differences(project, rm) == []


def test_withdrawing_a_model_closes_what_is_open_and_drops_what_nobody_holds(
    project: Project, rm: Checkpoint
) -> None:
    for name, p in (("a", 0.95), ("b", 0.9), ("c", 0.8), ("d", 0.7)):
        disputed(project, rm, name, {3: p}, {3: "incorrect"})
    differences(project, rm)
    sent = disagreements_requeue(project=project, limit=3)
    items = [row.item for row in sent]
    ann = role_grant(user=User.objects.create_user("ann"), role=Role.ANNOTATOR)
    for item, state in zip(items[:2], ("claimed", "submitted"), strict=True):
        assert item is not None
        Assignment.objects.create(
            item=item, annotator=ann, slot=0, state=state, expires_at=timezone.now()
        )
    assert disagreements_withdraw(project=project, rm=rm) == 2
    states = {round(d.confidence, 2): (d.state, d.item) for d in Disagreement.objects.all()}
    assert states == {
        0.95: (State.REQUEUED, items[0]),
        0.9: (State.REQUEUED, items[1]),
        0.8: (State.WITHDRAWN, items[2]),
        0.7: (State.WITHDRAWN, None),
    }
    assert [item.state for item in QueueItem.objects.filter(reason="disagreement")] == [
        "open", "open", "dropped",
    ]  # fmt: skip


def test_a_withdrawn_disagreement_comes_back_with_its_model_and_waits_for_a_lead_again(
    project: Project, rm: Checkpoint, lead: User
) -> None:
    rollout = disputed(project, rm, "a", {3: 0.9}, {3: "incorrect"})
    differences(project, rm)
    disagreements_requeue(project=project)
    disagreements_withdraw(project=project, rm=rm)
    other = rm_make(name="other")
    score(rollout, other, {3: 0.2})
    assert differences(project, other) == []
    (back,) = differences(project, rm)
    assert (back.state, back.item) == (State.OPEN, None)
    disagreement_decide(disagreement=back, lead=lead, decision="human_right")
    assert differences(project, rm) == [back]


def test_a_step_that_people_still_look_at_is_not_listed_for_the_next_model(
    project: Project, rm: Checkpoint
) -> None:
    rollout = disputed(project, rm, "a", {3: 0.9}, {3: "incorrect"})
    differences(project, rm)
    disagreements_requeue(project=project)
    later = rm_make(name="later")
    score(rollout, later, {3: 0.8})
    assert differences(project, later) == []

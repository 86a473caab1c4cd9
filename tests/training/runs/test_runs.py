from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from annotation.cot.errors import Conflict, Invalid
from annotation.models.leases import PARKED
from tests.factories import make_project
from tests.training.world import (
    pair_make,
    policy_make,
    release_make,
    resolve,
    rm_make,
    rollout_make,
    run_make,
    trainable,
)
from training.models import TrainingRun
from training.runs.runs import run_cancel, run_create, run_resume, runs_requeue
from verifier.models import GroundTruth, VerifierRelease

pytestmark = pytest.mark.django_db
State = TrainingRun.State
AGO = timedelta(minutes=1)


def test_a_run_is_created_on_a_release_of_the_newest_truth() -> None:
    project = make_project()
    trainable(project)
    resolve(rollout_make(pair_make(project, "q", "t")), {5: "correct"})
    run = run_create(project=project, method="srpo", policy=policy_make())
    assert run.state == State.QUEUED
    assert run.release is not None
    assert run.release.counts["5"] == {"consensus": 3}
    assert GroundTruth.objects.filter(project=project, kind=5, value="4").count() == 3


def test_a_given_release_is_kept_and_must_be_the_projects_own() -> None:
    project, policy = make_project(), policy_make()
    release = release_make(project)
    resolve(rollout_make(pair_make(project, "q", "t")), {1: "correct", 5: "incorrect"})
    run = run_create(project=project, method="rm", policy=policy, release=release)
    assert run.release == release
    with pytest.raises(Invalid, match="another project"):
        run_create(project=make_project(slug="b"), method="rm", policy=policy, release=release)


@pytest.mark.parametrize(
    ("method", "config", "message"),
    [
        ("magic", {}, "method must be one of"),
        ("srpo", {"rl": {"group": 1}}, "'rl.group' must be 2 to 1024"),
        ("srpo", {"rl": {"speed": 1}}, "unknown key 'rl.speed'"),
        ("srpo", {"data": {"pairs": 1}}, "unknown key 'data.pairs'"),
        ("srpo", {"data": {"eval_split": "train"}}, "data.eval_split must be val or test"),
        ("srpo", {"data": {"train_limit": -1}}, "data.train_limit must be a whole number"),
    ],
)
def test_nonsense_is_refused_by_name(method: str, config: dict[str, Any], message: str) -> None:
    with pytest.raises(Invalid, match=message):
        run_create(
            project=make_project(),
            method=method,
            policy=policy_make(),
            config=config,
        )


def test_what_the_preflight_refuses_is_not_queued() -> None:
    project, policy = make_project(), policy_make()
    pair_make(project, "held out", "t", split="test")
    with pytest.raises(Invalid, match=r"no training pair has a known answer.*nothing to eval"):
        run_create(project=project, method="srpo", policy=policy)
    with pytest.raises(Invalid, match="no step has been decided by people"):
        run_create(project=project, method="rm", policy=policy)
    assert not VerifierRelease.objects.exists()


def test_a_reward_model_needs_no_truth_of_steps_3_to_5() -> None:
    project = make_project()
    resolve(rollout_make(pair_make(project, "q", "t")), {1: "correct", 2: "incorrect"})
    assert run_create(project=project, method="rm", policy=policy_make()).state == State.QUEUED


def test_only_fitting_local_models_can_be_trained() -> None:
    project, policy, rm = make_project(), policy_make(), rm_make()
    remote = policy_make("http://vllm:8000", "remote")
    cases: list[tuple[dict[str, Any], str]] = [
        ({"policy": rm}, "rm is a reward model, not a policy"),
        ({"policy": policy, "rm": policy}, "policy is not a reward model"),
        ({"policy": remote}, "remote is served over HTTP"),
    ]
    for values, message in cases:
        with pytest.raises(Invalid, match=message):
            run_create(project=project, method="srpo", **values)
    assert not TrainingRun.objects.exists()


def test_cancel_ends_a_waiting_run_at_once_and_asks_a_running_one() -> None:
    project, policy = make_project(), policy_make()
    release = release_make(project)
    waiting, running, done = (
        TrainingRun.objects.create(
            project=project, method="srpo", policy=policy, release=release, state=state
        )
        for state in (State.QUEUED, State.RUNNING, State.FINISHED)
    )
    assert run_cancel(run=waiting).state == State.CANCELLED
    assert run_cancel(run=running).state == State.CANCELLING
    assert run_cancel(run=running).state == State.CANCELLING, "asking twice is harmless"
    with pytest.raises(Conflict, match="it is finished"):
        run_cancel(run=done)


@pytest.mark.parametrize("state", [State.FAILED, State.CANCELLED])
def test_what_ended_early_can_be_resumed_with_fresh_attempts(state: str) -> None:
    run = run_make(make_project(), state=state, attempt=3, error="lost")
    run_resume(run=run)
    assert (run.state, run.attempt, run.error) == (State.QUEUED, 0, "")


@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING, State.FINISHED])
def test_nothing_else_can_be_resumed(state: str) -> None:
    with pytest.raises(Conflict):
        run_resume(run=run_make(make_project(), state=state))


def test_a_run_whose_worker_is_gone_is_sent_again_once() -> None:
    run = run_make(
        make_project(),
        state=State.RUNNING,
        attempt=1,
        lease_token="gone",
        lease_expires_at=timezone.now() - AGO,
    )
    assert runs_requeue() == [run.pk]
    assert runs_requeue() == []
    run.refresh_from_db()
    assert (run.state, run.lease_token) == (State.QUEUED, "")


def test_a_held_or_freshly_queued_run_is_left_alone() -> None:
    project, policy = make_project(), policy_make()
    soon = timezone.now() + AGO
    for state in (State.RUNNING, State.QUEUED, State.CANCELLING):
        TrainingRun.objects.create(
            project=project, method="rm", policy=policy, state=state, lease_expires_at=soon
        )
    assert runs_requeue() == []
    assert set(TrainingRun.objects.values_list("state", flat=True)) == {
        State.RUNNING,
        State.QUEUED,
        State.CANCELLING,
    }


def test_a_run_that_was_being_cancelled_when_its_worker_died_is_cancelled() -> None:
    run = run_make(
        make_project(), state=State.CANCELLING, lease_expires_at=timezone.now() - AGO
    )
    assert runs_requeue() == []
    run.refresh_from_db()
    assert run.state == State.CANCELLED


def test_a_run_whose_worker_was_lost_twice_has_failed() -> None:
    run = run_make(
        make_project(),
        state=State.RUNNING,
        strikes=2,
        lease_expires_at=timezone.now() - AGO,
    )
    assert runs_requeue() == []
    run.refresh_from_db()
    assert run.state == State.FAILED
    assert run.error == PARKED

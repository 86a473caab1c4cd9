"""The doors of the workers: which queue, which service, and what beat calls."""

from __future__ import annotations

from datetime import timedelta
from unittest import mock

import pytest
from django.utils import timezone

from config.beat import TABLE
from config.celery import app
from tests.factories import make_project
from tests.training.world import (
    appointed,
    pair_make,
    resolve,
    rollout_make,
    run_make,
)
from training import tasks
from training.judges import tasks as task_judges
from training.models import Checkpoint, Disagreement, RolloutBatch, StepScore, TrainingRun
from training.rollouts import tasks as task_rollouts
from training.runs import tasks as task_runs
from training.scoring import tasks as task_scoring

AGO = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("task", "queue"),
    [
        (task_runs.run_launch, "train"),
        (task_rollouts.rollouts_run, "inference"),
        (task_scoring.steps_score, "inference"),
        (task_judges.rm_gate, "inference"),
        (tasks.runs_recover, "default"),
    ],
)
def test_heavy_work_goes_to_queues_of_its_own(task: object, queue: str) -> None:
    name = getattr(task, "name", "")
    assert app.amqp.router.route({}, name)["queue"].name == queue


def test_beat_names_tasks_that_exist() -> None:
    due = {row.task for row in TABLE if row.task.startswith("training.")}
    assert due <= set(app.tasks)
    assert len(due) == 5


@pytest.mark.django_db
def test_lost_jobs_are_sent_again() -> None:
    run = run_make(make_project(), state="running", lease_expires_at=timezone.now() - AGO)
    batch = RolloutBatch.objects.create(
        project=run.project, policy=run.policy, state="running", pair_ids=[1]
    )
    with (
        mock.patch("training.runs.tasks.run_launch.delay") as runs,
        mock.patch("training.rollouts.tasks.rollouts_run.delay") as batches,
    ):
        tasks.runs_recover()
        tasks.rollouts_due()
        tasks.runs_recover()
    runs.assert_called_once_with(run.pk)
    batches.assert_called_once_with(batch.pk)


@pytest.mark.django_db
def test_only_projects_with_a_reward_model_in_charge_and_new_steps_are_scored() -> None:
    project = make_project()
    pair = pair_make(project, "q", "t")
    run = run_make(project, method="rm")
    rm = Checkpoint.objects.create(name="rm", kind="rm", path="/rm", run=run)
    appointed(project, rm)
    with mock.patch("training.scoring.tasks.steps_score.apply_async") as sent:
        tasks.scoring_due()
        assert not sent.called, "there is nothing to score"
        rollout_make(pair)
        tasks.scoring_due()
    assert sent.call_args.args == ((rm.pk, project.pk),)


@pytest.mark.django_db
def test_a_disagreement_goes_to_people_and_comes_back_by_itself() -> None:
    project = make_project()
    rollout = rollout_make(pair_make(project, "q", "t"))
    resolve(rollout, {3: "incorrect"})
    rm = Checkpoint.objects.create(
        name="rm", kind="rm", path="/rm", run=run_make(project, method="rm")
    )
    StepScore.objects.create(step=rollout.steps.get(kind=3), rm=rm, p=0.9)
    tasks.disagreements_due()
    assert not Disagreement.objects.exists(), "nobody is in charge"
    appointed(project, rm)
    tasks.disagreements_due()
    disagreement = Disagreement.objects.get()
    assert (disagreement.state, disagreement.item and disagreement.item.reason) == (
        "requeued",
        "disagreement",
    )
    assert disagreement.item is not None
    disagreement.item.state = "resolved"
    disagreement.item.save()
    resolve(rollout, {3: "correct"})
    tasks.disagreements_due()
    disagreement.refresh_from_db()
    assert disagreement.state == "rm_right"


@pytest.mark.django_db
def test_the_train_task_tells_its_worker_and_watches_its_parent() -> None:
    run = run_make(make_project())
    seen: dict[str, object] = {}

    def launch(*, run_id: int, worker: str, keep_going: object) -> None:
        assert callable(keep_going)
        seen.update(run_id=run_id, worker=worker, going=keep_going())
        with mock.patch("training.runs.tasks.os.getppid", return_value=1):
            seen["orphaned"] = keep_going()

    with mock.patch("training.runs.tasks.runs.run_launch", launch):
        task_runs.run_launch.apply((run.pk,))
    assert seen.pop("worker")
    assert seen == {"run_id": run.pk, "going": True, "orphaned": False}
    assert TrainingRun.objects.get().state == "queued"

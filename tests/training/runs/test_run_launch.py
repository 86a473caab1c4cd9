from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.factories import make_project
from tests.training.world import gone, policy_make, run_make, stand_in, trainable
from training.models import Checkpoint, EvalReport, RunMetric, TrainingRun
from training.runs.launching import run_launch

pytestmark = pytest.mark.django_db
State = TrainingRun.State


@pytest.fixture
def run(settings: Any, tmp_path: Path) -> TrainingRun:
    settings.RUNS_DIR = tmp_path
    project = make_project()
    trainable(project)
    return run_make(project)


def behave(settings: Any, how: str) -> None:
    settings.TRAIN_LAUNCHER = stand_in("stand_in_trainer.py", how)


def on_tick(number: int, act: Callable[[], object]) -> Callable[[], bool]:
    ticks = iter(range(10_000))

    def keep_going() -> bool:
        if next(ticks) == number:
            act()
        return True

    return keep_going


def test_a_finished_run_leaves_its_metrics_reports_and_model(
    run: TrainingRun, settings: Any
) -> None:
    behave(settings, "finish")
    done = run_launch(run_id=run.pk, worker="w1")
    assert done is not None
    assert (done.state, done.step, done.total_steps, done.attempt) == (State.FINISHED, 3, 3, 1)
    assert done.report == {"seconds": 1.5}
    assert "step 3" in done.log_tail
    assert [m.data["reward"] for m in RunMetric.objects.filter(run=run)] == [0.25, 0.5, 0.75]
    metrics = dict(EvalReport.objects.filter(run=run).values_list("moment", "metrics"))
    assert metrics == {
        "before": {"macro_f1": 0.25, "kappa": None},
        "after": {"macro_f1": 0.75},
    }
    model = Checkpoint.objects.get(run=run)
    assert (model.kind, model.path) == ("policy", f"{done.run_dir}/model")


@pytest.mark.parametrize("method", ["rm", "rm_grpo", "rm_scalar"])
def test_the_model_of_a_reward_model_s_run_is_a_reward_model(
    settings: Any, tmp_path: Path, method: str
) -> None:
    settings.RUNS_DIR = tmp_path
    behave(settings, "finish")
    project = make_project()
    trainable(project)
    run = run_make(project, method=method)
    run_launch(run_id=run.pk, worker="w1")
    assert Checkpoint.objects.get(run=run).kind == Checkpoint.Kind.RM


def test_a_baseline_leaves_its_evaluation_and_nothing_to_sample_from(
    settings: Any, tmp_path: Path
) -> None:
    settings.RUNS_DIR = tmp_path
    behave(settings, "no_model")
    project = make_project()
    trainable(project)
    run = run_make(project, method="linear")
    done = run_launch(run_id=run.pk, worker="w1")
    assert done is not None
    assert done.state == State.FINISHED
    assert EvalReport.objects.filter(run=run, moment="after").exists()
    assert not Checkpoint.objects.filter(run=run).exists()


def test_bad_input_fails_the_run_with_the_trainers_own_line(
    run: TrainingRun, settings: Any
) -> None:
    behave(settings, "bad_input")
    done = run_launch(run_id=run.pk, worker="w1")
    assert done is not None
    assert (done.state, done.error) == (State.FAILED, "train.jsonl line 1: no truth")


def test_a_run_that_leaves_no_model_has_failed(run: TrainingRun, settings: Any) -> None:
    behave(settings, "no_model")
    done = run_launch(run_id=run.pk, worker="w1")
    assert done is not None
    assert (done.state, done.error) == (State.FAILED, "the trainer ended without a model")
    assert not Checkpoint.objects.filter(run=run).exists()


def test_a_crash_fails_the_run_and_a_second_launch_goes_on_from_the_checkpoint(
    run: TrainingRun, settings: Any
) -> None:
    behave(settings, "crash_once")
    crashed = run_launch(run_id=run.pk, worker="w1")
    assert crashed is not None
    assert crashed.state == State.FAILED
    assert crashed.error == "the trainer ended with code 1: boom at step 1"
    TrainingRun.objects.filter(pk=run.pk).update(state=State.QUEUED)
    done = run_launch(run_id=run.pk, worker="w2")
    assert done is not None
    assert (done.state, done.attempt, done.worker) == (State.FINISHED, 2, "w2")
    steps = (Path(done.run_dir) / "metrics.jsonl").read_text().splitlines()
    assert len(steps) == 3, "the second launch trained steps 2 and 3 only"


@pytest.mark.parametrize(
    ("behaviour", "states"),
    [
        ("killed_at_once", [State.QUEUED, State.FAILED]),
        # A step further each time; the fourth launch finds nothing left to train.
        ("killed", [State.QUEUED, State.QUEUED, State.QUEUED, State.FINISHED]),
    ],
)
def test_a_trainer_that_is_killed_is_begun_again_twice_at_most_unless_it_gets_further(
    run: TrainingRun, settings: Any, behaviour: str, states: list[str]
) -> None:
    behave(settings, behaviour)
    launched = [run_launch(run_id=run.pk, worker=f"w{n}") for n in range(len(states))]
    assert [done and done.state for done in launched] == states
    assert run_launch(run_id=run.pk, worker="late") is None


def test_a_cancelled_run_ends_as_cancelled(run: TrainingRun, settings: Any) -> None:
    behave(settings, "wait")

    def cancel() -> None:
        TrainingRun.objects.filter(pk=run.pk).update(state=State.CANCELLING)

    done = run_launch(run_id=run.pk, worker="w1", keep_going=on_tick(5, cancel))
    assert done is not None
    assert (done.state, done.lease_token) == (State.CANCELLED, "")


def test_a_worker_that_lost_the_run_kills_its_child_and_touches_nothing(
    run: TrainingRun, settings: Any, tmp_path: Path
) -> None:
    behave(settings, "wait")
    pid_file = tmp_path / f"run-{run.pk}" / "pid"

    def taken_over() -> None:
        TrainingRun.objects.filter(pk=run.pk).update(lease_token="other", worker="other")

    def keep_going() -> bool:
        if pid_file.exists():  # the child has started
            taken_over()
        return True

    settings.RUN_LEASE_SECONDS = 5
    assert run_launch(run_id=run.pk, worker="w1", keep_going=keep_going) is None
    assert gone(int(pid_file.read_text()))
    run.refresh_from_db()
    assert (run.state, run.worker) == (State.RUNNING, "other")


def test_a_worker_that_must_go_gives_the_run_back_at_once(
    run: TrainingRun, settings: Any
) -> None:
    behave(settings, "wait")
    ticks = iter(range(10_000))
    assert run_launch(run_id=run.pk, worker="w1", keep_going=lambda: next(ticks) < 6) is None
    run.refresh_from_db()
    assert run.state == State.RUNNING
    assert run.lease_expires_at is not None
    behave(settings, "finish")
    again = run_launch(run_id=run.pk, worker="w2")
    assert again is not None
    assert (again.state, again.attempt) == (State.FINISHED, 2)


def test_a_second_delivery_of_a_held_run_does_nothing(run: TrainingRun, settings: Any) -> None:
    behave(settings, "finish")
    inner: list[TrainingRun | None] = []
    run_launch(
        run_id=run.pk,
        worker="w1",
        keep_going=on_tick(4, lambda: inner.append(run_launch(run_id=run.pk, worker="w2"))),
    )
    assert inner == [None]
    assert run_launch(run_id=run.pk, worker="w3") is None, "nor after the end"


def test_a_launcher_that_does_not_exist_is_named_in_the_error(
    run: TrainingRun, settings: Any
) -> None:
    settings.TRAIN_LAUNCHER = "/no/such/python"
    done = run_launch(run_id=run.pk, worker="w1")
    assert done is not None
    assert done.error.endswith("cannot start /no/such/python: No such file or directory")


def test_an_unexpected_error_fails_the_run_before_it_is_raised(settings: Any) -> None:
    project = make_project()
    run = TrainingRun.objects.create(project=project, method="srpo", policy=policy_make())
    with pytest.raises(ValueError, match="no verifier release"):
        run_launch(run_id=run.pk, worker="w1")
    run.refresh_from_db()
    assert (run.state, run.error) == (State.FAILED, "the run has no verifier release")

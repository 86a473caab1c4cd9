"""The hold on a run when the database is away, and the ways to end a child that will not."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection

from annotation.models.leases import LeaseLost
from tests.factories import make_project
from tests.training.job.test_child import printed_pid
from tests.training.world import gone, run_make
from training.job.child import JobProcess
from training.models import RunMetric, TrainingRun
from training.runs import run_watch
from training.runs.run_results import MetricsIngest
from training.runs.run_watch import Cancellation, RunWatch

STUBBORN = (
    "import os, signal, time\n"
    "signal.signal(signal.SIGTERM, lambda *_: None)\n"
    "print(os.getpid(), flush=True)\n"
    "while True: time.sleep(0.05)\n"
)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


class Recorded(JobProcess):
    """A child that notes how it was asked to end."""

    def __init__(self, command: Sequence[str], *, log: Path) -> None:
        super().__init__(command, log=log)
        self.sent: list[str] = []

    def terminate(self) -> None:
        self.sent.append("term")
        super().terminate()

    def kill(self) -> None:
        self.sent.append("kill")
        super().kill()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Clock:
    settings.RUN_LEASE_SECONDS = 60
    clock = Clock()
    monkeypatch.setattr(run_watch, "time", clock)
    return clock


@pytest.mark.django_db
def test_a_heartbeat_is_written_when_a_quarter_of_the_lease_is_gone(clock: Clock) -> None:
    run = run_make(make_project(), state="running", lease_token="mine")
    watch = RunWatch(run, "mine", lambda: True)

    def written() -> bool:
        watch.keep()
        beat = TrainingRun.objects.filter(pk=run.pk, heartbeat_at__isnull=False).exists()
        TrainingRun.objects.update(heartbeat_at=None)
        return beat

    assert not written()
    clock.now = 14
    assert not written()
    clock.now = 16
    assert written()
    clock.now = 30
    assert not written(), "the quarter counts from the last heartbeat"


@pytest.mark.django_db
def test_while_the_database_is_away_the_run_goes_on_until_its_lease_ends(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_make(make_project(), state="running", lease_token="mine")
    watch = RunWatch(run, "mine", lambda: True)

    def away(*args: Any, **values: Any) -> None:
        raise OperationalError("server closed the connection")

    closed: list[int] = []
    monkeypatch.setattr(run_watch, "lease_update", away)
    monkeypatch.setattr(connection, "close", lambda: closed.append(1))
    for now in (20, 59):
        clock.now = now
        watch.keep(step=now)
    assert len(closed) == 2, "so that the next tick opens a new connection"
    clock.now = 61
    with pytest.raises(LeaseLost):
        watch.keep(step=61)


def test_a_trainer_that_ignores_the_request_is_terminated_and_then_killed(
    clock: Clock, tmp_path: Path
) -> None:
    child = Recorded([sys.executable, "-c", STUBBORN], log=tmp_path / "log")
    pid = printed_pid(tmp_path / "log")
    cancellation = Cancellation(child, tmp_path)
    cancellation.press()
    assert (tmp_path / "CANCEL").exists()
    for now, expected in ((60, []), (61, ["term"]), (70, ["term"]), (71, ["term", "kill"])):
        clock.now = now
        cancellation.press()
        assert child.sent == expected
    assert gone(pid)


@pytest.mark.django_db
def test_getting_further_than_before_clears_the_strikes_and_a_stopped_worker_is_none() -> None:
    run = run_make(make_project(), state="running", lease_token="mine", strikes=2, step=5)
    going = [True]
    watch = RunWatch(run, "mine", lambda: going[0])
    watch.keep(step=5)
    assert watch.strikes() == 2, "as far as an earlier try"
    watch.keep(step=6)
    assert watch.strikes() == 1
    going[0] = False
    with pytest.raises(LeaseLost):
        watch.keep(step=6)
    assert watch.strikes() == 0


@pytest.mark.django_db
def test_updates_that_arrive_while_the_database_is_away_are_stored_by_the_next_tick(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run = run_make(make_project())
    ingest = MetricsIngest(run, tmp_path)

    def away(*args: Any, **values: Any) -> None:
        raise OperationalError("server closed the connection")

    with monkeypatch.context() as patch:
        patch.setattr(RunMetric.objects, "bulk_create", away)
        with pytest.raises(OperationalError):
            ingest.take([{"step": 1, "total_steps": 3}])
    assert ingest.take([{"step": 2, "total_steps": 3}]) == {"step": 2, "total_steps": 3}
    assert list(run.metrics.values_list("step", flat=True)) == [1, 2]
    assert ingest.take([]) == {}

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from config.heartbeat import (
    SILENT_AFTER,
    STALLED_AFTER,
    Stall,
    queues_stalled,
    queues_without_worker,
    worker_gone,
    worker_seen,
)
from config.models import WorkerHeartbeat

NOW = datetime(2026, 1, 1, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def test_every_queue_is_silent_before_the_first_heartbeat() -> None:
    assert queues_without_worker(NOW) == ["default", "bulk", "inference", "train"]


def test_a_queue_is_served_while_its_worker_beats_and_silent_afterwards() -> None:
    worker_seen(name="a@host", queues=["default", "train"], now=NOW)
    assert queues_without_worker(NOW + SILENT_AFTER) == ["bulk", "inference"]
    late = NOW + SILENT_AFTER + timedelta(seconds=1)
    assert queues_without_worker(late) == ["default", "bulk", "inference", "train"]


def test_a_queue_is_served_while_one_of_two_workers_lives() -> None:
    worker_seen(name="a@host", queues=["train"], now=NOW - timedelta(hours=1))
    worker_seen(name="b@host", queues=["train"], now=NOW)
    assert "train" not in queues_without_worker(NOW)


def test_a_worker_that_ends_in_good_order_is_missed_at_once() -> None:
    worker_seen(name="a@host", queues=["train"], now=NOW)
    worker_gone(name="a@host")
    assert "train" in queues_without_worker(NOW)


def test_a_worker_has_one_row_and_yesterdays_workers_none() -> None:
    worker_seen(name="old@host", queues=["train"], now=NOW - timedelta(days=2))
    worker_seen(name="a@host", queues=["train"], now=NOW)
    worker_seen(name="a@host", queues=["train", "default"], now=NOW)
    row = WorkerHeartbeat.objects.get()
    assert (row.name, row.queues) == ("a@host", ["default", "train"])


def beat(now: datetime, **values: object) -> list[str]:
    """One worker of all queues tells ``values``; the queues that count as stalled then."""
    queues = ["default", "bulk", "inference", "train"]
    worker_seen(name="a@host", queues=queues, now=now, **values)  # type: ignore[arg-type]
    return queues_stalled(now)


def test_workers_that_beat_and_ask_for_nothing_are_stalled() -> None:
    assert beat(NOW, read_at=NOW) == []
    late = NOW + STALLED_AFTER + timedelta(seconds=1)
    assert beat(late, done=1, read_at=NOW) == ["default", "bulk", "inference", "train"]
    assert beat(late, done=1, read_at=NOW, busy=True) == [], "at a job it asks for no other"
    assert beat(late, done=1, read_at=late) == []


def test_the_queue_of_the_ticks_is_stalled_when_nothing_ends_there() -> None:
    beat(NOW, done=7)
    late = NOW + STALLED_AFTER + timedelta(seconds=1)
    assert beat(late, done=7, read_at=late) == ["default"]
    assert beat(late, done=8, read_at=late) == []


def test_a_queue_without_a_worker_is_not_called_stalled_too() -> None:
    assert queues_stalled(NOW) == []


def test_a_worker_is_stalled_when_it_idles_without_reading_for_two_beats() -> None:
    stall, long = Stall(), STALLED_AFTER.total_seconds() + 1
    assert not stall.seen(busy=False, since=long)
    assert stall.seen(busy=False, since=long + 10)


def test_the_beat_after_a_long_job_is_no_stall_for_reading_goes_on_after_it() -> None:
    stall, long = Stall(), STALLED_AFTER.total_seconds() + 100
    assert not stall.seen(busy=True, since=long)
    assert not stall.seen(busy=False, since=long + 10)  # it has just ended
    assert not stall.seen(busy=False, since=0.5)
    assert not stall.seen(busy=False, since=long)  # counted anew


def test_a_broker_that_does_not_tell_stalls_nobody() -> None:
    stall = Stall()
    assert not any(stall.seen(busy=False, since=None) for _ in range(3))

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from config.heartbeat import SILENT_AFTER, queues_without_worker, worker_gone, worker_seen
from config.models import WorkerHeartbeat

NOW = datetime(2026, 1, 1, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def test_every_queue_is_silent_before_the_first_heartbeat() -> None:
    assert queues_without_worker(NOW) == ["default", "inference", "train"]


def test_a_queue_is_served_while_its_worker_beats_and_silent_afterwards() -> None:
    worker_seen(name="a@host", queues=["default", "train"], now=NOW)
    assert queues_without_worker(NOW + SILENT_AFTER) == ["inference"]
    late = NOW + SILENT_AFTER + timedelta(seconds=1)
    assert queues_without_worker(late) == ["default", "inference", "train"]


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

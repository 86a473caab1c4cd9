from __future__ import annotations

import logging

import pytest

from config.beat import TABLE, beat_schedule
from config.celery import app
from config.heartbeat import QUEUES
from config.quiet import WithoutTicks


def test_every_task_of_the_table_is_registered() -> None:
    app.autodiscover_tasks(force=True)
    assert {due.task for due in TABLE} <= set(app.tasks)


def test_every_task_of_the_application_goes_to_a_queue_that_has_a_worker() -> None:
    app.autodiscover_tasks(force=True)
    ours = [task for name, task in app.tasks.items() if not name.startswith("celery.")]
    assert ours
    assert {getattr(task, "queue", None) or "default" for task in ours} <= set(QUEUES)


def test_a_tick_that_was_not_taken_expires_before_the_next_one() -> None:
    for entry in beat_schedule().values():
        assert entry["options"]["expires"] <= entry["schedule"]
        assert entry["options"]["queue"] in QUEUES


@pytest.mark.parametrize(
    ("task", "level", "shown"),
    [
        (TABLE[0].task, logging.INFO, False),
        (TABLE[0].task, logging.ERROR, True),
        ("training.tasks.run_launch", logging.INFO, True),
    ],
)
def test_only_good_news_of_ticks_is_kept_off_the_console(
    task: str, level: int, shown: bool
) -> None:
    record = logging.makeLogRecord({"levelno": level, "data": {"name": task}})
    assert WithoutTicks().filter(record) is shown

"""Keeps the console readable: a tick of the beat table that went well is no news."""

from __future__ import annotations

import logging

from config.beat import TABLE

_TICKS = frozenset(due.task for due in TABLE)


class WithoutTicks(logging.Filter):
    """Drops Celery's "succeeded" lines of beat tasks; failures and other jobs pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        data = getattr(record, "data", None)
        tick = isinstance(data, dict) and data.get("name") in _TICKS
        return record.levelno > logging.INFO or not tick

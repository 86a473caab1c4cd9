"""Workers write a heartbeat row, so that pages can say which queue nobody listens to.

A row, because asking the workers (Celery's remote control) costs every worker a reply queue and
every page a timeout, and says nothing when the broker itself is down.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from celery import bootsteps
from django.db import Error, connection
from django.utils import timezone

QUEUES = ("default", "inference", "train")
EVERY_SECONDS = 10
SILENT_AFTER = timedelta(seconds=45)

logger = logging.getLogger(__name__)


def worker_seen(*, name: str, queues: list[str], now: datetime | None = None) -> None:
    """Renew a worker's row and forget rows older than a day."""
    from config.models import WorkerHeartbeat

    now = now or timezone.now()
    WorkerHeartbeat.objects.update_or_create(
        name=name, defaults={"queues": sorted(queues), "seen_at": now}
    )
    WorkerHeartbeat.objects.filter(seen_at__lt=now - timedelta(days=1)).delete()


def worker_gone(*, name: str) -> None:
    """A worker that ends in good order is missed at once, not after the silence."""
    from config.models import WorkerHeartbeat

    WorkerHeartbeat.objects.filter(name=name).delete()


def queues_without_worker(now: datetime | None = None) -> list[str]:
    """The queues no live worker listens to, in the order of ``QUEUES``."""
    from config.models import WorkerHeartbeat

    fresh = WorkerHeartbeat.objects.filter(seen_at__gte=(now or timezone.now()) - SILENT_AFTER)
    heard = {queue for queues in fresh.values_list("queues", flat=True) for queue in queues}
    return [queue for queue in QUEUES if queue not in heard]


class HeartbeatStep(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery carries no types
    """Part of every worker's start: a timer in the main process, one short query a tick."""

    requires = frozenset({"celery.worker.components:Timer"})

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self._entry: Any = None

    def start(self, parent: Any) -> None:
        self._beat(parent)
        self._entry = parent.timer.call_repeatedly(EVERY_SECONDS, self._beat, (parent,))

    def stop(self, parent: Any) -> None:
        if self._entry is not None:
            self._entry.cancel()
        self._write(lambda: worker_gone(name=parent.hostname))

    def _beat(self, parent: Any) -> None:
        queues = list(parent.app.amqp.queues.consume_from)
        self._write(lambda: worker_seen(name=parent.hostname, queues=queues))

    def _write(self, write: Any) -> None:
        try:
            write()
        except Error as error:  # the next tick tries again; jobs report the outage themselves
            logger.warning("heartbeat not written: %s", str(error).strip())
        finally:
            connection.close()  # between two ticks a worker's main process holds no connection

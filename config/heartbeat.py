"""Workers write a heartbeat row, so that pages can say which queue nobody works on.

A row, because asking the workers (Celery's remote control) costs every worker a reply queue and
every page a timeout, and says nothing when the broker itself is down.
"""

from __future__ import annotations

import logging
import os
import signal
from datetime import datetime, timedelta
from typing import Any

from celery import bootsteps
from celery.worker import state
from django.db import Error, connection
from django.utils import timezone

from config.queue_transport import seconds_since_read

QUEUES = ("default", "bulk", "inference", "train")
TICKING = "default"  # the queue of the beat table: something ends there every few seconds
EVERY_SECONDS = 10
SILENT_AFTER = timedelta(seconds=45)
STALLED_AFTER = timedelta(seconds=90)

logger = logging.getLogger(__name__)


def worker_seen(
    *,
    name: str,
    queues: list[str],
    busy: bool = False,
    done: int = 0,
    read_at: datetime | None = None,
    now: datetime | None = None,
) -> None:
    """Renew a worker's row and forget rows older than a day.

    ``done`` counts the jobs that the process has ended; ``read_at`` is when it last asked for
    one, None when the broker does not tell.
    """
    from config.models import WorkerHeartbeat

    now = now or timezone.now()
    values: dict[str, Any] = {"queues": sorted(queues), "seen_at": now, "busy": busy}
    row, new = WorkerHeartbeat.objects.get_or_create(
        name=name, defaults={**values, "done": done, "worked_at": now, "read_at": read_at}
    )
    if not new:
        values |= {"read_at": read_at}
        if done != row.done:
            values |= {"done": done, "worked_at": now}
        WorkerHeartbeat.objects.filter(pk=row.pk).update(**values)
    WorkerHeartbeat.objects.filter(seen_at__lt=now - timedelta(days=1)).delete()


def worker_gone(*, name: str) -> None:
    """A worker that ends in good order is missed at once, not after the silence."""
    from config.models import WorkerHeartbeat

    WorkerHeartbeat.objects.filter(name=name).delete()


def queues_without_worker(now: datetime | None = None) -> list[str]:
    """The queues no live worker listens to, in the order of ``QUEUES``."""
    heard = {queue for row in _live(now) for queue in row.queues}
    return [queue for queue in QUEUES if queue not in heard]


def queues_stalled(now: datetime | None = None) -> list[str]:
    """The queues whose workers beat and do nothing: none is at a job or has lately asked for
    one; and the ticking queue also when nothing has ended there for a while."""
    now = now or timezone.now()
    rows, stalled = _live(now), []
    for queue in QUEUES:
        workers = [row for row in rows if queue in row.queues]
        if workers and not any(_works(row, queue, now - STALLED_AFTER) for row in workers):
            stalled.append(queue)
    return stalled


def _live(now: datetime | None) -> list[Any]:
    from config.models import WorkerHeartbeat

    since = (now or timezone.now()) - SILENT_AFTER
    return list(WorkerHeartbeat.objects.filter(seen_at__gte=since))


def _works(row: Any, queue: str, since: datetime) -> bool:
    if row.busy:
        return True
    reads = row.read_at is None or row.read_at >= since
    return reads and (queue != TICKING or row.worked_at >= since)


class Stall:
    """Whether a worker reads its queues no more. A busy one does not read either: what follows
    a long job in one beat is no stall, so that two idle beats in a row must tell it."""

    def __init__(self) -> None:
        self._before = False

    def seen(self, *, busy: bool, since: float | None) -> bool:
        """``since``: seconds since the last read; None = the broker does not tell."""
        now = not busy and since is not None and since > STALLED_AFTER.total_seconds()
        before, self._before = self._before, now
        return now and before


class HeartbeatStep(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery carries no types
    """Part of every worker's start: a timer in the main process, a few short queries a tick."""

    requires = frozenset({"celery.worker.components:Timer"})

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self._entry: Any = None
        self._ending = False
        self._stall = Stall()

    def start(self, parent: Any) -> None:
        self._beat(parent)
        self._entry = parent.timer.call_repeatedly(EVERY_SECONDS, self._beat, (parent,))

    def stop(self, parent: Any) -> None:
        if self._entry is not None:
            self._entry.cancel()
        self._write(lambda: worker_gone(name=parent.hostname))

    def _beat(self, parent: Any) -> None:
        busy = len(state.active_requests)
        since, now = seconds_since_read(), timezone.now()
        written = self._write(
            lambda: worker_seen(
                name=parent.hostname,
                queues=list(parent.app.amqp.queues.consume_from),
                busy=busy > 0,
                done=state.all_total_count[0] - busy,
                read_at=None if since is None else now - timedelta(seconds=since),
                now=now,
            )
        )
        # With the database away it is no wonder, and reconnecting is under way.
        if written and self._stall.seen(busy=busy > 0, since=since):
            self._end(since)

    def _end(self, since: float | None) -> None:
        """Whoever supervises the process starts it again; messages come again."""
        logger.critical("idle, and no queue was read for %s s: this worker ends", since)
        if self._ending:
            os._exit(os.EX_SOFTWARE)
        self._ending = True
        os.kill(os.getpid(), signal.SIGTERM)

    def _write(self, write: Any) -> bool:
        try:
            write()
        except Error as error:  # the next tick tries again; jobs report the outage themselves
            logger.warning("heartbeat not written: %s", str(error).strip())
            return False
        finally:
            connection.close()  # between two ticks a worker's main process holds no connection
        return True

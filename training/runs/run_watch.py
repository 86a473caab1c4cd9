"""Holding a run while its child works: the heartbeat, the cancel request, the lost lease."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection
from django.db.models import F
from django.utils import timezone

from annotation.models.leases import LeaseLost, lease_expiry, lease_update
from training.job.child import JobProcess, JsonLinesTail, follow
from training.job.files import write_text
from training.job.folder import CANCEL, METRICS
from training.models import TrainingRun
from training.runs.ledger_ingest import LedgerIngest
from training.runs.run_results import MetricsIngest

CANCEL_GRACE = 60.0  # seconds to save a checkpoint after CANCEL appears
TERM_GRACE = 10.0


class RunWatch:
    """One worker's hold on one run. Every method may raise LeaseLost."""

    def __init__(self, run: TrainingRun, token: str, keep_going: Callable[[], bool]) -> None:
        self._rows = TrainingRun.objects.filter(pk=run.pk)
        self._token, self._keep_going = token, keep_going
        self._held_until = time.monotonic() + settings.RUN_LEASE_SECONDS
        self._last: dict[str, Any] = {}
        self._furthest = run.step

    def keep(self, **values: Any) -> None:
        """Write ``values`` when they are new; renew the lease when a quarter of it is gone.

        While the database is away the child goes on, but not past the lease: by then another
        worker may have taken the run.
        """
        if not self._keep_going():
            # The worker was stopped; that is no strike against the run.
            self.end(lease_expires_at=timezone.now(), strikes=F("strikes") - 1)
            raise LeaseLost
        if values.get("step", 0) > self._furthest:
            values["strikes"] = 1
        left = self._held_until - time.monotonic()
        if values == self._last and left > settings.RUN_LEASE_SECONDS * 0.75:
            return
        now: datetime = timezone.now()
        try:
            lease_update(
                self._rows,
                self._token,
                heartbeat_at=now,
                lease_expires_at=lease_expiry(),
                **values,
            )
        except OperationalError:
            connection.close()
            if left <= 0:
                raise LeaseLost from None
            return
        self._held_until = time.monotonic() + settings.RUN_LEASE_SECONDS
        self._last = values

    def cancelling(self) -> bool:
        """Somebody has asked the run to stop."""
        try:
            return self._rows.filter(state=TrainingRun.State.CANCELLING).exists()
        except OperationalError:
            connection.close()
            return False

    def strikes(self) -> int:
        """How often it was begun since it last got further, this time included."""
        return self._rows.values_list("strikes", flat=True).get()

    def end(self, **values: Any) -> None:
        """The last write of this hold."""
        lease_update(self._rows, self._token, **values)


class Cancellation:
    """Asks politely, then less so: the CANCEL file, SIGTERM, SIGKILL."""

    def __init__(self, process: JobProcess, folder: Path) -> None:
        self._process, self._folder = process, folder
        self._pressed_at: float | None = None
        self._termed = False

    @property
    def pressed(self) -> bool:
        return self._pressed_at is not None

    def press(self) -> None:
        """Called at every tick once the run is to stop."""
        if self._pressed_at is None:
            write_text(self._folder / CANCEL, "")
            self._pressed_at = time.monotonic()
        waited = time.monotonic() - self._pressed_at
        if waited > CANCEL_GRACE and not self._termed:
            self._process.terminate()
            self._termed = True
        if waited > CANCEL_GRACE + TERM_GRACE:
            self._process.kill()


def run_follow(
    process: JobProcess,
    folder: Path,
    watch: RunWatch,
    ingest: MetricsIngest,
    ledger: LedgerIngest,
) -> tuple[int, bool]:
    """Wait for the trainer's end while taking in what it writes.

    Returns:
        (exit code, whether it was asked to stop).
    """
    cancellation = Cancellation(process, folder)
    progress: dict[str, int] = {}
    code = None
    for rows, code in follow(process, JsonLinesTail(folder / METRICS)):
        try:
            progress |= ingest.take(rows)
            ledger.take()
        except OperationalError:
            connection.close()  # keep() decides how long to go on without the database
        watch.keep(**progress, log_tail=process.tail())
        if code is None and watch.cancelling():
            cancellation.press()
    assert code is not None
    return code, cancellation.pressed

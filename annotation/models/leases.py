"""Holding a row while a long job runs: a random token, an expiry, and conditional updates.

One mechanism for all of them (``Leased``). A holder that stalls past its expiry may lose the
row to another worker; it learns that from the next update, which matches nothing. A job that
was begun twice and got no further is not begun again: it may be what kills its workers.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db import Error, connection
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from annotation.cot.storable import storable
from annotation.models.leased import Leased

L = TypeVar("L", bound=Leased)

MAX_STRIKES = 2
QUEUED, RUNNING, FAILED = "queued", "running", "failed"
PARKED = (
    f"begun {MAX_STRIKES} times and never ended: its worker was killed, ran out of memory or "
    "lost the database; see the worker's log, then try it again"
)
# A message may wait behind a long job; after this it counts as lost and is sent once more,
# which is harmless because only one worker can claim the row.
MESSAGE_LIFE = timedelta(minutes=10)


class LeaseLost(RuntimeError):
    """Somebody else holds the row now, or its state was changed from outside."""


def lease_expiry() -> datetime:
    return timezone.now() + timedelta(seconds=settings.RUN_LEASE_SECONDS)


def in_flight_until() -> datetime:
    """The expiry of a queued row whose message is under way; not sent again until then."""
    return timezone.now() + MESSAGE_LIFE


def expired(now: datetime | None = None) -> Q:
    """Rows whose holder has not renewed in time."""
    return Q(lease_expires_at__isnull=True) | Q(lease_expires_at__lt=now or timezone.now())


def lease_take(rows: QuerySet[L], **values: Any) -> str | None:
    """Claim the one row of ``rows`` for a worker; the token, or None when it is not free."""
    token = secrets.token_hex(16)
    free = Q(state=QUEUED) | (Q(state=RUNNING) & expired())
    taken = rows.filter(free, strikes__lt=MAX_STRIKES).update(
        state=RUNNING,
        strikes=F("strikes") + 1,
        lease_token=token,
        lease_expires_at=lease_expiry(),
        **values,
    )
    return token if taken else None


def lease_update(rows: QuerySet[L], token: str, **values: Any) -> None:
    """Write to the held row. A text that the database cannot store, as the end of a program's
    output may be, is made storable: the job would stay running for ever.

    Raises:
        LeaseLost: when the token is no longer the row's.
    """
    told = {
        name: storable(value) if isinstance(value, str) else value
        for name, value in values.items()
    }
    if not rows.filter(lease_token=token).update(**told):
        raise LeaseLost


def lease_end(rows: QuerySet[L], token: str, **values: Any) -> None:
    """The last write of a holder; ``values`` has the state.

    Raises:
        LeaseLost: when the token is no longer the row's.
    """
    ended = {"finished_at": Now(), "lease_token": "", "lease_expires_at": None}
    lease_update(rows, token, **ended | values)


def queued_again() -> dict[str, Any]:
    """The fields of a job that somebody begins anew; the caller sends its message."""
    return {
        "state": QUEUED,
        "strikes": 0,
        "setback": "",
        "finished_at": None,
        "lease_token": "",
        "lease_expires_at": in_flight_until(),
    }


@contextmanager
def lease_kept(rows: QuerySet[L], token: str) -> Iterator[None]:
    """Renew the lease from a thread, on a connection of its own, while the job is at work."""
    ended = threading.Event()

    def renew() -> None:
        while not ended.wait(settings.RUN_LEASE_SECONDS / 4):
            try:
                lease_update(rows, token, lease_expires_at=lease_expiry())
            except LeaseLost:
                return
            except Error:
                pass  # the next time; the job itself meets the outage too
            finally:
                connection.close()

    thread = threading.Thread(target=renew, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()

"""Doing a leased job from end to end, and finding those whose worker is gone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, TypeVar

import psycopg
from django.db import InterfaceError, OperationalError, connection
from django.db.models import QuerySet
from django.db.models.functions import Now

from annotation.cot.errors import StepwiseError
from annotation.cot.storable import storable
from annotation.models.leased import Leased
from annotation.models.leases import (
    FAILED,
    MAX_STRIKES,
    PARKED,
    QUEUED,
    RUNNING,
    LeaseLost,
    expired,
    in_flight_until,
    lease_end,
    lease_kept,
    lease_take,
    lease_update,
)

L = TypeVar("L", bound=Leased)
# COPY raises psycopg's own.
_DATABASE_LOST: tuple[type[Exception], ...] = (
    OperationalError,
    InterfaceError,
    psycopg.OperationalError,
)


def job_run(
    rows: QuerySet[L],
    work: Callable[[L], Mapping[str, Any]],
    *,
    worth_another: tuple[type[Exception], ...] = (),
) -> L | None:
    """Do the one job of ``rows``; None when another worker has it, it has ended or was lost.

    ``work`` returns what the row tells at the end, its state included. What it raises fails the
    job with the reason. A lost database, or an error ``worth_another``, gives the job back: it
    is begun again (:func:`jobs_recover`) until it has too many strikes.
    """
    token = lease_take(rows)
    if token is None:
        return None
    job = rows.get()
    try:
        with lease_kept(rows, token):
            values = work(job)
        lease_end(rows, token, **values)
    except LeaseLost:
        return None
    except (*_DATABASE_LOST, *worth_another) as error:
        if isinstance(error, _DATABASE_LOST):
            connection.close()
        with suppress(LeaseLost):
            lease_update(rows, token, lease_expires_at=Now(), setback=_reason(error))
        raise
    except Exception as error:
        with suppress(LeaseLost):
            lease_end(rows, token, state=FAILED, **job.failure(_reason(error)))
        if not isinstance(error, StepwiseError):
            raise
    job.refresh_from_db()
    return job


def jobs_recover(model: type[L]) -> list[int]:
    """Settle the jobs whose worker or message is gone.

    Returns the ids to send again, marked so that the next tick does not repeat them. One that
    was begun too often without getting further is parked: failed, with the reason.
    """
    objects = model._default_manager
    live = objects.filter(expired(), state__in=[QUEUED, RUNNING])
    for job in live.filter(strikes__gte=MAX_STRIKES):
        reason = f"{PARKED} ({job.setback})" if job.setback else PARKED
        live.filter(pk=job.pk).update(
            state=FAILED,
            finished_at=Now(),
            lease_token="",
            lease_expires_at=None,
            **job.failure(reason),
        )
    ids = []
    for pk in live.order_by("pk").values_list("pk", flat=True):
        # One row at a time and only while still expired: its worker may have come back.
        ids += [pk] * live.filter(pk=pk).update(
            state=QUEUED, lease_token="", lease_expires_at=in_flight_until()
        )
    return ids


def _reason(error: Exception) -> str:
    if isinstance(error, StepwiseError):
        return storable(error.message)
    return storable(f"it stopped: {error!r}")

"""Holding a row while a long job runs: a random token, an expiry, and conditional updates.

A holder that stalls past its expiry may lose the row to another worker; it learns that from
the next update, which matches nothing.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db.models import Model, Q, QuerySet
from django.utils import timezone

M = TypeVar("M", bound=Model)

# A message may wait behind a long job; after this it counts as lost and is sent once more,
# which is harmless because only one worker can claim the row.
MESSAGE_LIFE = timedelta(minutes=10)


class LeaseLost(RuntimeError):
    """Somebody else holds the row now, or its state was changed from outside."""


def lease_expiry() -> datetime:
    return timezone.now() + timedelta(seconds=settings.RUN_LEASE_SECONDS)


def lease_take(rows: QuerySet[M], claimable: Q, **values: Any) -> str | None:
    """Claim the one row of ``rows`` if ``claimable`` holds; the token, or None when not."""
    token = secrets.token_hex(16)
    taken = rows.filter(claimable).update(
        lease_token=token, lease_expires_at=lease_expiry(), **values
    )
    return token if taken else None


def lease_update(rows: QuerySet[M], token: str, **values: Any) -> None:
    """Write to the held row.

    Raises:
        LeaseLost: when the token is no longer the row's.
    """
    if not rows.filter(lease_token=token).update(**values):
        raise LeaseLost


def in_flight_until() -> datetime:
    """The expiry of a queued row whose message is under way; not sent again until then."""
    return timezone.now() + MESSAGE_LIFE


def expired(now: datetime | None = None) -> Q:
    """Rows whose holder has not renewed in time."""
    return Q(lease_expires_at__isnull=True) | Q(lease_expires_at__lt=now or timezone.now())

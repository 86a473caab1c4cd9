"""Locks that make ids a safe reading position.

Ids are given before commit, so a reader that has seen id 6 could miss id 5, still in flight.
Writers therefore hold a shared lock until they commit, and a reader waits for all of them.
"""

from __future__ import annotations

from typing import Literal

from django.db import connection

Outbox = Literal["resolutions", "pairs"]
_KEYS: dict[Outbox, int] = {"resolutions": 738_201, "pairs": 738_202}


def outbox_writing(outbox: Outbox) -> None:
    """Before the first insert, inside the writer's transaction."""
    _lock("pg_advisory_xact_lock_shared", outbox)


def outbox_reading(outbox: Outbox) -> None:
    """Before the select, inside the reader's transaction: all smaller ids are visible then."""
    _lock("pg_advisory_xact_lock", outbox)


def _lock(function: str, outbox: Outbox) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [_KEYS[outbox]])

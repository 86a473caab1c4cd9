"""One worker at a time for work that has no row of its own."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

_SPACE = 0x53544550  # our locks among those of other applications on the same database


def lock_key(name: str) -> tuple[int, int]:
    """Two signed 32-bit numbers, as Postgres wants them."""
    return _SPACE, zlib.crc32(name.encode()) - 2**31


@contextmanager
def advisory_lock(name: str) -> Iterator[bool]:
    """Yield whether this database session holds the lock ``name``; never waits.

    Postgres frees it when the session ends, so a killed worker blocks nobody.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s, %s)", lock_key(name))
        (held,) = cursor.fetchone() or (False,)
    try:
        yield bool(held)
    finally:
        if held:
            with connection.cursor() as cursor:
                cursor.execute("select pg_advisory_unlock(%s, %s)", lock_key(name))

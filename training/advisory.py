"""One worker at a time for work that has no row of its own."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def advisory_lock(name: str) -> Iterator[bool]:
    """Yield whether this database session holds the lock ``name``; never waits.

    Postgres frees it when the session ends, so a killed worker blocks nobody.
    """
    key = zlib.crc32(name.encode())
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s, %s)", [_SPACE, key - 2**31])
        (held,) = cursor.fetchone() or (False,)
    try:
        yield bool(held)
    finally:
        if held:
            with connection.cursor() as cursor:
                cursor.execute("select pg_advisory_unlock(%s, %s)", [_SPACE, key - 2**31])


_SPACE = 0x53544550  # our locks among those of other applications on the same database

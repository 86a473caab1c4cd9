"""A long job's claim on its row: an advisory lock that ends with its connection.

So the redelivered message of a killed worker finds the job free and does it again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def job_lock(space: int, job_id: int) -> Iterator[bool]:
    """Whether this connection has the job to itself; ``space`` tells kinds of jobs apart."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [space, job_id])
        free: bool = cursor.fetchone()[0]
        try:
            yield free
        finally:
            if free and not connection.needs_rollback:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [space, job_id])

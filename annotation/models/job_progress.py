"""How far a long job is, for the progress bar."""

from __future__ import annotations

import time
from types import TracebackType

from django.db import connections

from annotation.cot.sql import Sql, statement
from annotation.models.leased import Leased

EVERY = 0.5  # seconds between two writes


class JobProgress:
    """Writes the columns ``done`` and ``total`` of a job's row, at most twice a second.

    Over a connection of its own, so that it is seen whatever transaction the job is in. It
    never waits for the row.
    """

    def __init__(self, job: Leased, done: str, total: str) -> None:
        self._statement = statement(
            __file__,
            "job_progress",
            table=Sql(job._meta.db_table),
            done_column=Sql(done),
            total_column=Sql(total),
        )
        self._job, self._written = job.pk, time.monotonic()
        self._connection = connections["default"].copy()

    def __call__(self, done: int, total: int | None = None) -> None:
        if time.monotonic() - self._written < EVERY:
            return
        with self._connection.cursor() as cursor:
            cursor.execute(self._statement, {"done": done, "total": total, "job": self._job})
        self._written = time.monotonic()

    def __enter__(self) -> JobProgress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

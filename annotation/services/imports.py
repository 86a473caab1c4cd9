"""An import in the background: the row is what the progress bar shows."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, BinaryIO

from django.contrib.auth.models import User
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage
from django.db import connections, transaction

from annotation.errors import Invalid
from annotation.importers.files import file_kind
from annotation.importers.rows import ImportFileError
from annotation.importers.table import ONE_FILE_ADAPTERS
from annotation.leases import in_flight_until, queued_again
from annotation.models import ImportJob, Project
from annotation.services.jobs import job_run
from annotation.services.pairs import ImportRefused, ImportReport, pairs_import

_EVERY = 0.5  # seconds between two writes of the progress
_PROGRESS = """
UPDATE annotation_importjob SET rows_read = %s, rows_total = %s
WHERE id = (SELECT id FROM annotation_importjob WHERE id = %s FOR UPDATE SKIP LOCKED)
"""


@transaction.atomic
def import_job_create(
    *,
    project: Project,
    upload: BinaryIO | File[bytes],
    filename: str,
    adapter: str = "native",
    skip_bad: bool = False,
    user: User | None = None,
) -> ImportJob:
    """Keep an uploaded file; the caller sends the task on commit.

    Raises:
        ImportFileError: an unknown extension, or an adapter that needs more than one file.
    """
    if adapter not in ONE_FILE_ADAPTERS:
        raise ImportFileError(f"adapter must be one of {', '.join(ONE_FILE_ADAPTERS)}")
    name = Path(filename).name
    file_kind(Path(name))
    storage = FileSystemStorage()
    stored = storage.save(f"imports/{name}", File(upload))
    return ImportJob.objects.create(
        project=project,
        path=storage.path(stored),
        filename=name[:255],
        adapter=adapter,
        skip_bad=skip_bad,
        created_by=user,
        lease_expires_at=in_flight_until(),
    )


def import_job_run(*, job_id: int) -> ImportJob | None:
    """Run an import; None when another worker is at it or it has ended.

    One whose worker was killed is done again from the start; nothing is imported twice.
    """
    return job_run(ImportJob.objects.filter(pk=job_id).select_related("project"), _run)


def _run(job: ImportJob) -> dict[str, Any]:
    progress = _Progress(job)
    try:
        report = pairs_import(
            project=job.project,
            path=Path(job.path),
            adapter=job.adapter,
            skip_bad=job.skip_bad,
            progress=progress,
        )
    except ImportRefused as refused:
        return _ended(ImportJob.State.FAILED, refused.report)
    finally:
        progress.close()
    return _ended(ImportJob.State.DONE, report)


def import_job_requeue(*, job: ImportJob) -> ImportJob:
    """Try a failed, stopped or forgotten import again; the caller sends the task on commit.

    Raises:
        Invalid: it is done.
    """
    states = [s for s in ImportJob.State.values if s != ImportJob.State.DONE]
    again = ImportJob.objects.filter(pk=job.pk, state__in=states).update(
        **queued_again(), errors=[], error_count=0
    )
    if not again:
        raise Invalid("this import is done")
    job.refresh_from_db()
    return job


class _Progress:
    """Writes how far the import is, at most twice a second.

    Over a connection of its own, so that it is seen whatever transaction the import is in. It
    never waits for the row.
    """

    def __init__(self, job: ImportJob) -> None:
        self._job, self._written = job.pk, time.monotonic()
        self._connection = connections["default"].copy()

    def __call__(self, read: int, total: int | None) -> None:
        if time.monotonic() - self._written < _EVERY:
            return
        with self._connection.cursor() as cursor:
            cursor.execute(_PROGRESS, [read, total, self._job])
        self._written = time.monotonic()

    def close(self) -> None:
        self._connection.close()


def _ended(state: str, report: ImportReport) -> dict[str, Any]:
    return {
        "state": state,
        "rows_read": report.read,
        "rows_total": report.read,
        "pairs_created": report.created,
        "pairs_existing": report.existing,
        "error_count": report.error_count,
        "errors": [{"line": line, "message": message} for line, message in report.errors],
    }

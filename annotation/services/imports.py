"""An import in the background: the row is what the progress bar shows."""

from __future__ import annotations

import time
from pathlib import Path
from typing import BinaryIO

from django.contrib.auth.models import User
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage
from django.db import connections, transaction
from django.utils import timezone

from annotation.errors import Invalid, StepwiseError
from annotation.importers.files import file_kind
from annotation.importers.rows import ImportFileError
from annotation.importers.table import ONE_FILE_ADAPTERS
from annotation.models import ImportJob, Project
from annotation.services.job_lock import job_lock
from annotation.services.pairs import ImportRefused, ImportReport, pairs_import

_LOCK_SPACE = 738_203
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
    )


def import_job_run(*, job_id: int) -> ImportJob | None:
    """Run an import; None when another worker is at it or it has ended.

    The lock ends with its connection, so the redelivered message of a killed worker finds the
    job free and does it again; nothing is imported twice.
    """
    with job_lock(_LOCK_SPACE, job_id) as free:
        live = [ImportJob.State.QUEUED, ImportJob.State.RUNNING]
        jobs = ImportJob.objects.filter(pk=job_id, state__in=live)
        if not free or not jobs.update(state=ImportJob.State.RUNNING):
            return None
        return _run(ImportJob.objects.select_related("project").get(pk=job_id))


def _run(job: ImportJob) -> ImportJob:
    progress = _Progress(job)
    try:
        report = pairs_import(
            project=job.project,
            path=Path(job.path),
            adapter=job.adapter,
            skip_bad=job.skip_bad,
            progress=progress,
        )
        _finish(job, ImportJob.State.DONE, report)
    except ImportRefused as refused:
        _finish(job, ImportJob.State.FAILED, refused.report)
    except StepwiseError as error:
        _finish(job, ImportJob.State.FAILED, _failed(error.message))
    except Exception as error:
        _finish(job, ImportJob.State.FAILED, _failed(f"the import stopped: {error!r}"))
        raise
    finally:
        progress.close()
    return job


def import_job_requeue(*, job: ImportJob) -> ImportJob:
    """Try a failed, stopped or forgotten import again; the caller sends the task on commit.

    Raises:
        Invalid: it is done.
    """
    states = [s for s in ImportJob.State.values if s != ImportJob.State.DONE]
    again = ImportJob.objects.filter(pk=job.pk, state__in=states).update(
        state=ImportJob.State.QUEUED, errors=[], error_count=0, finished_at=None
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


def _failed(message: str) -> ImportReport:
    return ImportReport(error_count=1, errors=[(0, message)])


def _finish(job: ImportJob, state: str, report: ImportReport) -> None:
    job.state = state
    job.rows_read = report.read
    job.rows_total = report.read or job.rows_total
    job.pairs_created, job.pairs_existing = report.created, report.existing
    job.error_count = report.error_count
    job.errors = [{"line": line, "message": message} for line, message in report.errors]
    job.finished_at = timezone.now()
    job.save()

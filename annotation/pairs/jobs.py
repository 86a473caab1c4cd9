"""An import in the background: the row is what the progress bar shows."""

from __future__ import annotations

import re
import time
from pathlib import Path
from shutil import rmtree
from typing import Any, BinaryIO
from uuid import uuid4

from django.contrib.auth.models import User
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage
from django.db import connections, transaction

from annotation.cot.errors import Invalid, NoRoom
from annotation.cot.storable import storable
from annotation.models import ImportJob, Project
from annotation.models.job_run import job_run
from annotation.models.leases import in_flight_until, queued_again
from annotation.pairs.readers.opening import HEAD, look, packed_name
from annotation.pairs.readers.rows import ImportFileError
from annotation.pairs.readers.table import ONE_FILE_ADAPTERS, columns_for
from annotation.pairs.write import ImportRefused, ImportReport, pairs_import

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
    unknown_as_attributes: bool = False,
    dry_run: bool = False,
    user: User | None = None,
) -> ImportJob:
    """Keep an uploaded file; the caller sends the task on commit.

    Raises:
        ImportFileError: a file that cannot be read, or an adapter that needs more than one.
        NoRoom: the file cannot be kept.
    """
    if adapter not in ONE_FILE_ADAPTERS:
        raise ImportFileError(f"adapter must be one of {', '.join(ONE_FILE_ADAPTERS)}")
    columns_for(adapter, as_attributes=unknown_as_attributes)
    name = storable(Path(filename).name)
    path = _keep(upload, name)
    return ImportJob.objects.create(
        project=project,
        path=str(path),
        filename=name[:255],
        adapter=adapter,
        skip_bad=skip_bad,
        unknown_as_attributes=unknown_as_attributes,
        dry_run=dry_run,
        created_by=user,
        lease_expires_at=in_flight_until(),
    )


def upload_check(upload: BinaryIO | File[bytes], filename: str) -> None:
    """By its name and first bytes, before anything is kept.

    Raises:
        ImportFileError: it cannot be read.
    """
    head = upload.read(HEAD)
    upload.seek(0)
    look(storable(Path(filename).name), head)


def _keep(upload: BinaryIO | File[bytes], name: str) -> Path:
    """In a folder of its own, under a short name of ours: a name of 90 Chinese characters is
    too long for a file system."""
    upload_check(upload, name)
    storage = FileSystemStorage()
    folder = f"imports/{uuid4().hex}"
    try:
        return Path(storage.path(storage.save(f"{folder}/{_short(name)}", File(upload))))
    except OSError as error:
        rmtree(storage.path(folder), ignore_errors=True)
        raise NoRoom(f"the file cannot be kept: {error.strerror or error}") from error


def _short(name: str) -> str:
    """A few plain characters of it, and what tells the kind of file."""
    stem, *suffixes = name.split(".")
    plain = re.sub(r"[^A-Za-z0-9_-]+", "", stem)[:40] or "upload"
    return ".".join([plain, *suffixes[-2:]] if packed_name(name) else [plain, suffixes[-1]])


def _forget(job: ImportJob) -> None:
    """Remove the upload; files of earlier versions lie in a folder with others."""
    path = Path(job.path)
    path.unlink(missing_ok=True)
    if path.parent.name != "imports":
        rmtree(path.parent, ignore_errors=True)


def import_job_run(*, job_id: int) -> ImportJob | None:
    """Run an import; None when another worker is at it or it has ended.

    One whose worker was killed is done again from the start; nothing is imported twice.
    """
    job = job_run(ImportJob.objects.filter(pk=job_id).select_related("project"), _run)
    # A file that was only checked can be imported next.
    if job is not None and job.state == ImportJob.State.DONE and not job.dry_run:
        _forget(job)
    return job


def _run(job: ImportJob) -> dict[str, Any]:
    progress = _Progress(job)
    try:
        report = pairs_import(
            project=job.project,
            path=Path(job.path),
            adapter=job.adapter,
            skip_bad=job.skip_bad,
            unknown_as_attributes=job.unknown_as_attributes,
            dry_run=job.dry_run,
            source=job.filename,
            progress=progress,
        )
    except ImportRefused as refused:
        return _ended(ImportJob.State.FAILED, refused.report)
    finally:
        progress.close()
    return _ended(ImportJob.State.DONE, report)


def import_job_requeue(*, job: ImportJob) -> ImportJob:
    """Try a failed, stopped or forgotten import again, or import what was checked only; the
    caller sends the task on commit.

    Raises:
        Invalid: it is done.
    """
    checked = ImportJob.objects.filter(pk=job.pk, state=ImportJob.State.DONE, dry_run=True)
    states = [s for s in ImportJob.State.values if s != ImportJob.State.DONE]
    failed = ImportJob.objects.filter(pk=job.pk, state__in=states)
    fresh: dict[str, Any] = {"errors": [], "error_count": 0, "notices": [], "notice_count": 0}
    fresh |= queued_again()
    if not failed.update(**fresh) and not checked.update(**fresh, dry_run=False):
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
        "errors": _listed(report.errors),
        "notice_count": report.notice_count,
        "notices": _listed(report.notices),
        "unknown_columns": report.unknown,
    }


def _listed(lines: list[tuple[int, str]]) -> list[dict[str, object]]:
    return [{"line": line, "message": message} for line, message in sorted(lines)]

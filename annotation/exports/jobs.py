"""Writing an export, in the foreground or as a job in the background."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from annotation.cot.errors import Conflict, Invalid
from annotation.cot.wording import wording as _
from annotation.exports.dataset_folder import card_note
from annotation.exports.formats import ExportFilter, ExportFormat, format_named, notes_of
from annotation.exports.lint import lint_file
from annotation.models import ExportJob, Project
from annotation.models.job_progress import JobProgress
from annotation.models.job_run import job_run
from annotation.models.leases import in_flight_until, queued_again

_State = ExportJob.State
T = TypeVar("T")


@transaction.atomic
def export_job_create(
    *,
    project: Project,
    format: str,
    filter: Mapping[str, Any] | None = None,
    user: User | None = None,
) -> ExportJob:
    """Ask for an export; the caller sends the task on commit.

    Raises:
        Invalid: an unknown format or filter.
    """
    format_named(format)
    chosen = {name: value for name, value in (filter or {}).items() if value != ""}
    ExportFilter.of(project, chosen)
    return ExportJob.objects.create(
        project=project,
        format=format,
        filter=chosen,
        created_by=user,
        lease_expires_at=in_flight_until(),
    )


def export_job_run(*, job_id: int) -> ExportJob | None:
    """Write the file; None when another worker is at it or it has ended.

    A job whose worker was killed starts its file again: what is exported is one state of the
    data, and no half file is ever offered.
    """
    return job_run(ExportJob.objects.filter(pk=job_id).select_related("project"), _run)


def export_job_requeue(*, job: ExportJob) -> ExportJob:
    """Try a failed, stopped or forgotten export again; the caller sends the task on commit.

    Raises:
        Conflict: it is done.
    """
    again = ExportJob.objects.filter(pk=job.pk).exclude(state=_State.DONE)
    if not again.update(**queued_again(), error="", rows_written=0):
        raise Conflict(_("this export is done"))
    job.refresh_from_db()
    return job


def export_write(
    *,
    format: ExportFormat,
    chosen: ExportFilter,
    path: Path,
    progress: Callable[[int], None] = lambda written: None,
) -> int:
    """Write ``path`` (a file, or a folder for folder formats); returns the number of records.

    Nothing stands at ``path`` before it is complete.

    Raises:
        Invalid: ``path`` cannot be written, or is a folder that is not ours to replace.
    """
    if path.is_dir() and not format.folder:
        raise Invalid(f"{path.name} is a folder")
    if path.is_dir() and any(path.iterdir()):
        raise Invalid(f"the folder {path.name} is not empty")
    part = path.with_name(path.name + ".part")
    counted = _Counted(format.records(chosen), progress)
    try:
        _remove(part)
        format.write(part, counted)
        if format.folder:
            card_note(part, notes_of(format, chosen, counted.n))
        if path.is_dir():
            path.rmdir()
        part.replace(path)
    except OSError as error:
        raise Invalid(f"cannot write {path.name}: {error.strerror or error}") from error
    finally:
        _remove(part)
    return counted.n


def export_folder() -> Path:
    return Path(settings.MEDIA_ROOT) / "exports"


def _run(job: ExportJob) -> dict[str, Any]:
    format = format_named(job.format)
    chosen = ExportFilter.of(job.project, job.filter)
    total = format.total(chosen)
    ExportJob.objects.filter(pk=job.pk).update(rows_total=total, rows_written=0)
    folder = export_folder()
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{job.project.slug}-{format.name}-{job.pk}"
    path = folder / (name + format.suffix)
    _remove(path)  # of an attempt that was killed before it was recorded
    with JobProgress(job, "rows_written", "rows_total") as progress:
        written = export_write(format=format, chosen=chosen, path=path, progress=progress)
    lint = lint_file(path) if format.lint else {}
    if notes := notes_of(format, chosen, written):
        lint["notes"] = notes
    if format.folder:
        path = zipped(path)
    return {
        "state": _State.DONE,
        "rows_written": written,
        "rows_total": written,
        "lint": lint,
        "path": str(path),
        "filename": path.name,
        "bytes": path.stat().st_size,
        "sha256": _sha256(path),
    }


def zipped(folder: Path) -> Path:
    """The archive in place of the folder."""
    made = shutil.make_archive(str(folder), "zip", root_dir=folder)
    shutil.rmtree(folder)
    return Path(made)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)


class _Counted(Iterable[T]):
    """Counts the records that pass through it."""

    def __init__(self, records: Iterable[T], progress: Callable[[int], None]) -> None:
        self._records, self._progress, self.n = records, progress, 0

    def __iter__(self) -> Iterator[T]:
        for record in self._records:
            self.n += 1
            if self.n % 500 == 0:
                self._progress(self.n)
            yield record

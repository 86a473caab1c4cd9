"""An import in the background: the row is what the progress bar shows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from typing import Any, BinaryIO, TypeVar
from uuid import uuid4

from django.contrib.auth.models import User
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage
from django.db import transaction

from annotation.cot.errors import Invalid, NoRoom
from annotation.cot.storable import storable
from annotation.models import ImportJob, Project
from annotation.models.job_progress import JobProgress
from annotation.models.job_run import job_run
from annotation.models.leases import in_flight_until, queued_again
from annotation.pairs.formats import ImportFormat, format_named, given
from annotation.pairs.readers.opening import HEAD, Look, look, packed_name
from annotation.pairs.report import ImportRefused, ImportReport

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it comes through a door; ``name`` is the sender's."""

    file: BinaryIO | File[bytes]
    name: str


@transaction.atomic
def import_job_create(
    *,
    project: Project,
    upload: BinaryIO | File[bytes],
    filename: str,
    adapter: str = "native",
    options: Mapping[str, Any] | None = None,
    skip_bad: bool = False,
    unknown_as_attributes: bool = False,
    dry_run: bool = False,
    user: User | None = None,
) -> ImportJob:
    """Keep an uploaded file; the caller sends the task on commit. ``options`` are those of the
    format, its further files as uploads.

    Raises:
        ImportFileError: a file that cannot be read, an option that the format does not take, or
            a further file that it needs.
        NoRoom: the file cannot be kept.
    """
    format, chosen = format_named(adapter), dict(options or {})
    main = Upload(upload, filename)
    upload_check(main, format, chosen, unknown_as_attributes)
    paths = uploads_keep(
        {"": main} | {n: v for n, v in chosen.items() if isinstance(v, Upload)}
    )
    return ImportJob.objects.create(
        project=project,
        path=paths.pop(""),
        filename=storable(Path(filename).name)[:255],
        adapter=adapter,
        options={n: storable(v) for n, v in chosen.items() if n not in paths},
        files=paths,
        skip_bad=skip_bad,
        unknown_as_attributes=unknown_as_attributes,
        dry_run=dry_run,
        created_by=user,
        lease_expires_at=in_flight_until(),
    )


def upload_check(
    upload: Upload,
    format: ImportFormat,
    options: Mapping[str, Any],
    unknown_as_attributes: bool = False,
) -> None:
    """By names, first bytes and options, before anything is kept.

    Raises:
        ImportFileError: it cannot be imported.
    """
    format.options_check(options)
    format.columns_for(as_attributes=unknown_as_attributes, options=options)
    format.files_check(options)
    format.kind_check(Path(upload.name).name, upload_look(upload).kind)
    for option in options.values():
        if isinstance(option, Upload):
            upload_look(option)


def uploads_given(values: Mapping[str, Any]) -> dict[str, Any]:
    """The options in a form's values, their files as uploads."""
    return {
        name: Upload(value, value.name or "") if isinstance(value, File) else value
        for name, value in given(values).items()
    }


def upload_look(upload: Upload) -> Look:
    """By its name and first bytes.

    Raises:
        ImportFileError: no file that can be imported.
    """
    head = upload.file.read(HEAD)
    upload.file.seek(0)
    return look(storable(Path(upload.name).name), head)


def uploads_keep(uploads: Mapping[T, Upload], beside: str = "") -> dict[T, str]:
    """The paths, in a folder of their own or the one named ``beside``, and under short names of
    ours: a name of 90 Chinese characters is too long for a file system.

    Raises:
        NoRoom: they cannot be kept.
    """
    storage = FileSystemStorage()
    folder = f"imports/{beside or uuid4().hex}"
    try:
        return {
            option: storage.path(
                storage.save(
                    f"{folder}/{_short(storable(Path(upload.name).name))}", File(upload.file)
                )
            )
            for option, upload in uploads.items()
        }
    except OSError as error:
        if not beside:
            rmtree(storage.path(folder), ignore_errors=True)
        raise NoRoom(f"the file cannot be kept: {error.strerror or error}") from error


def _short(name: str) -> str:
    """A few plain characters of it, and what tells the kind of file."""
    stem, *suffixes = name.split(".")
    plain = re.sub(r"[^A-Za-z0-9_-]+", "", stem)[:40] or "upload"
    return ".".join([plain, *suffixes[-2:]] if packed_name(name) else [plain, suffixes[-1]])


def upload_forget(job: ImportJob) -> None:
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
        upload_forget(job)
    return job


def _run(job: ImportJob) -> dict[str, Any]:
    files = {option: Path(path) for option, path in job.files.items()}
    try:
        with JobProgress(job, "rows_read", "rows_total") as progress:
            report = format_named(job.adapter).run(
                project=job.project,
                path=Path(job.path),
                adapter=job.adapter,
                skip_bad=job.skip_bad,
                unknown_as_attributes=job.unknown_as_attributes,
                dry_run=job.dry_run,
                source=job.filename,
                progress=progress,
                **job.options,
                **files,
            )
    except ImportRefused as refused:
        return _ended(ImportJob.State.FAILED, refused.report)
    return _ended(ImportJob.State.FAILED if report.failure else ImportJob.State.DONE, report)


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


def _ended(state: str, report: ImportReport) -> dict[str, Any]:
    whole = [(0, report.failure)] if report.failure else []
    return {
        "state": state,
        "rows_read": report.read,
        "rows_total": report.read,
        "pairs_created": report.created,
        "pairs_existing": report.existing,
        "counts": report.counts,
        "error_count": report.error_count or len(whole),
        "errors": _listed(whole + report.errors),
        "notice_count": report.notice_count,
        "notices": _listed(report.notices),
        "unknown_columns": report.unknown,
    }


def _listed(lines: list[tuple[int, str]]) -> list[dict[str, object]]:
    return [{"line": line, "message": message} for line, message in sorted(lines)]

"""An import in the background: the row is what the progress bar shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from django.contrib.auth.models import User
from django.core.files.base import File
from django.db import transaction

from annotation.cot.errors import Invalid
from annotation.cot.storable import storable
from annotation.cot.wording import wording as _
from annotation.models import ImportJob, Project
from annotation.models.job_progress import JobProgress
from annotation.models.job_run import job_run
from annotation.models.leases import in_flight_until, queued_again
from annotation.pairs.detect import arranged
from annotation.pairs.formats import ImportFormat, format_named
from annotation.pairs.readers.rows import ImportFileError
from annotation.pairs.report import ImportRefused, ImportReport
from annotation.pairs.uploads import (
    ARCHIVE,
    Upload,
    upload_forget,
    upload_look,
    uploads_keep,
)


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
    further = {n: v for n, v in chosen.items() if isinstance(v, Upload)}
    path, files = _placed(uploads_keep({"": main} | further), format)
    return ImportJob.objects.create(
        project=project,
        path=str(path),
        filename=storable(Path(filename).name)[:255],
        adapter=adapter,
        options={n: storable(v) for n, v in chosen.items() if n not in further},
        files={option: str(file) for option, file in files.items()},
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
    if (kind := upload_look(upload).kind) != ARCHIVE:  # what is in it is seen when it is kept
        format.files_check(options)
        format.kind_check(Path(upload.name).name, kind)
    for option in options.values():
        if isinstance(option, Upload):
            upload_look(option)


def _placed(
    kept: Mapping[str, Sequence[Path]], format: ImportFormat
) -> tuple[Path, dict[str, Path]]:
    """The main file and the further ones, of which an archive may hold several."""
    further = {option: paths[0] for option, paths in kept.items() if option}
    if len(kept[""]) == 1:
        return kept[""][0], further
    made = arranged(kept[""], format.name)
    files = made.files | further
    try:
        format.files_check(files)
    except ImportFileError:
        upload_forget(made.main)
        raise
    return made.main, files


def import_job_run(*, job_id: int) -> ImportJob | None:
    """Run an import; None when another worker is at it or it has ended.

    One whose worker was killed is done again from the start; nothing is imported twice.
    """
    job = job_run(ImportJob.objects.filter(pk=job_id).select_related("project"), _run)
    # A file that was only checked can be imported next.
    if job is not None and job.state == ImportJob.State.DONE and not job.dry_run:
        upload_forget(Path(job.path))
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
        raise Invalid(_("this import is done"))
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

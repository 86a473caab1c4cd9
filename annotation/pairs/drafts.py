"""An import whose file lies here while a person says how it is to be read, and checks that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from annotation.cot.errors import Conflict
from annotation.cot.storable import storable
from annotation.cot.wording import wording as _
from annotation.models import ImportJob, Project
from annotation.models.leases import queued_again
from annotation.pairs.detect import arranged, detected
from annotation.pairs.formats import format_named
from annotation.pairs.readers.archive import data_files
from annotation.pairs.uploads import Upload, upload_forget, upload_look, uploads_keep

KEPT = timedelta(days=1)
_State = ImportJob.State
_LEFT = "nobody went on with it for a day, so the file was removed: upload it again"
# Whose reading may still be changed: not begun, only checked, or refused.
_OPEN = Q(state__in=(_State.DRAFT, _State.FAILED)) | Q(state=_State.DONE, dry_run=True)


@transaction.atomic
def import_draft_create(
    *,
    project: Project,
    uploads: Sequence[Upload],
    user: User | None = None,
    adapter: str = "",
    options: Mapping[str, Any] | None = None,
) -> ImportJob:
    """Keep uploaded files and find out their format, unless it is the ``adapter`` with its
    ``options``; nothing is imported yet.

    Raises:
        ImportFileError: one of them is no file that can be imported.
        NoRoom: they cannot be kept.
    """
    if adapter:
        format_named(adapter).options_check(options or {})
    job = upload_seen(project=project, uploads=uploads, user=user, adapter=adapter)
    job.options = dict(options or {})
    job.save()
    return job


def upload_seen(
    *,
    project: Project,
    uploads: Sequence[Upload],
    user: User | None = None,
    root: Path | None = None,
    adapter: str = "",
) -> ImportJob:
    """The import that the files look like, or one of that ``adapter``, not stored; the files
    lie under ``root``.

    Raises:
        ImportFileError: one of them is no file that can be imported.
        NoRoom: they cannot be kept.
    """
    for upload in uploads:
        upload_look(upload)
    kept = uploads_keep(dict(enumerate(uploads)), root=root)
    paths = [path for those in kept.values() for path in those]
    made = arranged(paths, adapter) if adapter else detected(paths)
    # An archive and a folder of parts go by the name of what was sent.
    of_main = (at for at, paths in kept.items() if made.main in paths)
    name = Path(uploads[next(of_main, 0)].name).name
    return ImportJob(
        project=project,
        path=str(made.main),
        filename=storable(name)[:255],
        adapter=made.adapter,
        files={option: str(path) for option, path in made.files.items()},
        state=_State.DRAFT,
        created_by=user,
    )


@transaction.atomic
def import_draft_add(*, job: ImportJob, uploads: Sequence[Upload]) -> ImportJob:
    """Further files for it, such as the products of judgments.

    Raises:
        ImportFileError: one of them is no file that can be imported.
        NoRoom: they cannot be kept.
        Conflict: it is being imported, or was.
    """
    for upload in uploads:
        upload_look(upload)
    uploads_keep(dict(enumerate(uploads)), _folder(job).name)
    return _changed(job, _placed(job, job.adapter) | _NOTHING_KNOWN)


@transaction.atomic
def import_draft_plan(
    *,
    job: ImportJob,
    adapter: str,
    options: Mapping[str, Any],
    unknown_as_attributes: bool = False,
) -> ImportJob:
    """How the file is to be read; what was found out by an earlier check is forgotten.

    Raises:
        ImportFileError: the format does not take an option, or it means nothing.
        Conflict: it is being imported, or was.
    """
    format = format_named(adapter)
    format.options_check(options)
    format.columns_for(as_attributes=unknown_as_attributes, options=options)
    plan: dict[str, Any] = {"adapter": adapter, "options": dict(options)}
    if adapter != job.adapter:
        plan |= _placed(job, adapter)
    plan |= {"state": _State.DRAFT, "unknown_as_attributes": unknown_as_attributes}
    return _changed(job, plan | _NOTHING_KNOWN)


@transaction.atomic
def import_draft_check(*, job: ImportJob) -> ImportJob:
    """Read the whole file and keep nothing; the caller sends the task on commit. Bad rows are
    left out and listed, then and when it is imported.

    Raises:
        ImportFileError: a file that the format needs is missing.
        Conflict: it is being imported, or was.
    """
    format_named(job.adapter).files_check([*job.options, *job.files])
    return _changed(job, queued_again() | _NOTHING_KNOWN | {"dry_run": True, "skip_bad": True})


def drafts_expire() -> int:
    """Remove the files of drafts and checks that nobody went on with for a day."""
    before = timezone.now() - KEPT
    left = Q(state=_State.DRAFT, created_at__lt=before) | Q(
        state=_State.DONE, dry_run=True, finished_at__lt=before
    )
    gone = 0
    for job in ImportJob.objects.filter(left):
        ended = {"state": _State.FAILED, "finished_at": timezone.now()} | job.failure(_LEFT)
        if ImportJob.objects.filter(left, pk=job.pk).update(**ended):
            upload_forget(Path(job.path))
            gone += 1
    return gone


def draft_files(job: ImportJob) -> list[Path]:
    """All that was uploaded with it, by name."""
    return data_files(_folder(job))


def _folder(job: ImportJob) -> Path:
    path = Path(job.path)
    return path if path.is_dir() else path.parent


def open_imports(project: Project) -> QuerySet[ImportJob]:
    """The newest first."""
    return ImportJob.objects.filter(_OPEN, project=project).order_by("-pk")


_NOTHING_KNOWN: dict[str, Any] = {
    "errors": [],
    "error_count": 0,
    "notices": [],
    "notice_count": 0,
    "unknown_columns": [],
    "rows_read": 0,
    "rows_total": None,
    "pairs_created": 0,
    "pairs_existing": 0,
    "counts": {},
}


def _placed(job: ImportJob, adapter: str) -> dict[str, Any]:
    """Which of its files is which, for that format."""
    made = arranged(draft_files(job), adapter)
    files = {option: str(path) for option, path in made.files.items()}
    name = job.filename if str(made.main) == job.path else made.main.name
    return {"path": str(made.main), "files": files, "filename": name}


def _changed(job: ImportJob, values: Mapping[str, Any]) -> ImportJob:
    if not ImportJob.objects.filter(_OPEN, pk=job.pk).update(**values):
        raise Conflict(_("this import is under way or done; upload the file again"))
    job.refresh_from_db()
    return job

"""The import formats that make submissions; ``IMPORT_FORMATS`` in the settings names this."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

from django.db import transaction

from annotation.labelling.submissions_import import SubmissionReport, submissions_import
from annotation.models import Project
from annotation.pairs.formats import ORIGIN, SPLIT, ImportFormat, Progress
from annotation.pairs.readers import label_studio
from annotation.pairs.report import ImportReport


def people_import(
    *,
    project: Project,
    path: Path,
    adapter: str,
    skip_bad: bool = False,
    unknown_as_attributes: bool = False,
    dry_run: bool = False,
    source: str = "",
    progress: Progress | None = None,
    split: str | None = None,
    origin: str = "",
) -> ImportReport:
    """:func:`submissions_import` as every door of imports calls it.

    Good tasks are kept beside bad ones; then ``failure`` says so, unless ``skip_bad``.

    Raises:
        ImportFileError: the file as a whole cannot be read.
    """
    PEOPLE.columns_for(as_attributes=unknown_as_attributes)
    # One transaction a task keeps readers of labels back for a moment only; a check keeps none.
    with transaction.atomic() if dry_run else nullcontext():
        done = submissions_import(
            project=project, path=path, split=split, origin=origin, source=source
        )
        if dry_run:
            transaction.set_rollback(True)
    report = _report(done)
    if not done.tasks:
        report.failure = f"no task of {source or path.name} has an annotation"
    elif done.error_count and not skip_bad:
        report.failure = (
            f"{done.error_count} tasks were not stored, the others were; with --skip-bad "
            f"(skip_bad in the API and the admin) that is a success"
        )
    if progress:
        progress(report.read, report.read)
    return report


def _report(done: SubmissionReport) -> ImportReport:
    counts = {
        "submissions": done.created,
        "joined": done.joined,
        "changed": done.changed,
        "known": done.existing,
        "people": done.people,
    }
    return ImportReport(
        read=done.tasks,
        created=done.pairs_created,
        existing=done.pairs_existing,
        error_count=done.error_count,
        errors=done.errors,
        unknown=sorted(done.unknown),
        counts=counts,
        sentence=(
            f"{done.tasks} annotated tasks read, {done.created} submissions of people stored, "
            f"{done.joined} of them on decided items, {done.changed} changed, "
            f"{done.existing} known already, {done.people} accounts made, "
            f"{done.error_count} bad tasks"
        ),
    )


PEOPLE = ImportFormat(
    "label-studio-submissions",
    "Label Studio, its annotations become people's submissions",
    "Label Studio",
    label_studio.read_rows,
    people_import,
    takes=(SPLIT, ORIGIN),
    suffixes=("json", "jsonl"),
)
FORMATS = (PEOPLE,)

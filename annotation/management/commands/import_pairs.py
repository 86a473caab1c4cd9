"""``manage.py import_pairs FILE --project SLUG``: the importer from a shell."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from annotation.cot.errors import StepwiseError
from annotation.cot.splits import SPLITS
from annotation.labelling.submissions_import import SubmissionReport, submissions_import
from annotation.models import Project
from annotation.pairs.readers.table import ADAPTERS
from annotation.pairs.write import ImportRefused, ImportReport, pairs_import
from annotation.quality.projects import project_create

_SHOWN = 20


class Command(BaseCommand):
    help = "Import query-product pairs from CSV, JSONL, Parquet, WANDS, ESCI or Quepid files."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the pairs, labels, examples or judgments")
        parser.add_argument("--project", required=True, help="slug")
        parser.add_argument("--create-project", action="store_true", help="if it is not there")
        parser.add_argument("--adapter", choices=sorted(ADAPTERS), default="native")
        parser.add_argument("--products", type=Path, help="the adapter's product file")
        parser.add_argument("--queries", type=Path, help="WANDS: the query file")
        parser.add_argument("--scale", help="Quepid: the tier of each grade, like 0=1,1=4")
        parser.add_argument("--split", choices=SPLITS, help="put every row into this split")
        parser.add_argument(
            "--as",
            dest="what",
            choices=("pairs", "submissions"),
            default="pairs",
            help="label-studio: annotations become gold values, or their people's submissions",
        )
        parser.add_argument(
            "--origin", default="", help="submissions: the server that their people are from"
        )
        parser.add_argument("--skip-bad", action="store_true", help="import the good rows")
        parser.add_argument(
            "--unknown-as-attributes",
            action="store_true",
            help="columns that are not known become attributes of the product",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="read and check everything, import nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["what"] == "submissions" and options["adapter"] != "label-studio":
            raise CommandError("--as submissions needs --adapter label-studio")
        try:
            report = _kept_or_not(options)
        except ImportRefused as refused:
            self._show(refused.report.errors, refused.report.error_count)
            raise CommandError(refused.message) from refused
        except StepwiseError as error:
            raise CommandError(error.message) from error
        self._show(report.errors, report.error_count)
        if isinstance(report, SubmissionReport):
            self._submissions(report, options)
        else:
            self._pairs(report, options)
        if options["dry_run"]:
            self.stdout.write("a dry run: nothing was kept")

    def _pairs(self, report: ImportReport, options: dict[str, Any]) -> None:
        self._show(report.notices, report.notice_count)
        if report.unknown:
            used = "became attributes" if options["unknown_as_attributes"] else "not read"
            names = ", ".join(report.unknown)
            self.stdout.write(f"columns that are not known, {used}: {names}")
        self.stdout.write(
            f"{report.read} rows read, {report.created} pairs created, "
            f"{report.existing} known already, {report.error_count} bad rows"
        )

    def _submissions(self, report: SubmissionReport, options: dict[str, Any]) -> None:
        self.stdout.write(
            f"{report.tasks} annotated tasks read, {report.created} submissions of people "
            f"stored, {report.joined} of them on decided items, {report.changed} changed, "
            f"{report.existing} known already, {report.people} accounts made, "
            f"{report.error_count} bad tasks"
        )
        if report.unknown:
            self.stdout.write(f"not read: {', '.join(sorted(report.unknown))}")
        if not report.tasks:
            raise CommandError(f"no task of {options['file'].name} has an annotation")
        if report.error_count and not options["skip_bad"]:
            raise CommandError(
                f"{report.error_count} tasks were not stored, the others were; with "
                f"--skip-bad that is a success"
            )

    def _show(self, lines: list[tuple[int, str]], count: int) -> None:
        for line, message in sorted(lines)[:_SHOWN]:
            self.stderr.write(f"line {line}: {message}")
        if count > _SHOWN:
            self.stderr.write(f"and {count - _SHOWN} more")


def _kept_or_not(options: dict[str, Any]) -> ImportReport | SubmissionReport:
    """A refused file leaves no empty project, a dry run nothing at all."""
    new = not Project.objects.filter(slug=options["project"]).exists()
    together = transaction.atomic() if new or options["dry_run"] else nullcontext()
    with together:
        project = _project(options["project"], options["create_project"])
        report = (_stored if options["what"] == "submissions" else _import)(project, options)
        if options["dry_run"]:
            transaction.set_rollback(True)
    return report


def _stored(project: Project, options: dict[str, Any]) -> SubmissionReport:
    return submissions_import(
        project=project,
        path=options["file"],
        split=options["split"],
        origin=options["origin"],
    )


def _import(project: Project, options: dict[str, Any]) -> ImportReport:
    bar = _Bar()
    try:
        return pairs_import(
            project=project,
            path=options["file"],
            adapter=options["adapter"],
            skip_bad=options["skip_bad"],
            split=options["split"],
            unknown_as_attributes=options["unknown_as_attributes"],
            progress=bar,
            products=options["products"],
            queries=options["queries"],
            scale=options["scale"],
        )
    finally:
        bar.end()


def _project(slug: str, create: bool) -> Project:
    project = Project.objects.filter(slug=slug).first()
    if project is not None:
        return project
    if not create:
        raise CommandError(f"there is no project '{slug}' (--create-project makes one)")
    return project_create(slug=slug)


class _Bar:
    """One line on a terminal; silent when stderr is a file."""

    width = 30
    shown = False

    def __call__(self, read: int, total: int | None) -> None:
        if not sys.stderr.isatty():
            return
        done = min(read / total, 1.0) if total else 0.0
        bar = "#" * int(done * self.width)
        share = f"[{bar:<{self.width}}] {done:4.0%}" if total else ""
        sys.stderr.write(f"\r{share} {read} rows")
        sys.stderr.flush()
        self.shown = True

    def end(self) -> None:
        if self.shown:
            sys.stderr.write("\n")

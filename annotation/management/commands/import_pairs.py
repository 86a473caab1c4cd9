"""``manage.py import_pairs FILE --project SLUG``: the importer from a shell."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotation.errors import StepwiseError
from annotation.importers.table import ADAPTERS
from annotation.models import Project
from annotation.services.pairs import ImportRefused, ImportReport, pairs_import
from annotation.services.projects import project_create
from annotation.services.submissions import SubmissionReport, submissions_import
from annotation.splits import SPLITS

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

    def handle(self, *args: Any, **options: Any) -> None:
        if options["what"] == "submissions" and options["adapter"] != "label-studio":
            raise CommandError("--as submissions needs --adapter label-studio")
        project = _project(options["project"], options["create_project"])
        if options["what"] == "submissions":
            self._submissions(project, options)
            return
        try:
            report = _import(project, options)
        except ImportRefused as refused:
            self._show_errors(refused.report)
            raise CommandError(refused.message) from refused
        except StepwiseError as error:
            raise CommandError(error.message) from error
        self._show_errors(report)
        self.stdout.write(
            f"{report.read} rows read, {report.created} pairs created, "
            f"{report.existing} known already, {report.error_count} bad rows"
        )

    def _submissions(self, project: Project, options: dict[str, Any]) -> None:
        try:
            report = submissions_import(
                project=project,
                path=options["file"],
                split=options["split"],
                origin=options["origin"],
            )
        except StepwiseError as error:
            raise CommandError(error.message) from error
        self._show_errors(report)
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

    def _show_errors(self, report: ImportReport | SubmissionReport) -> None:
        for line, message in report.errors[:_SHOWN]:
            self.stderr.write(f"line {line}: {message}")
        if report.error_count > _SHOWN:
            self.stderr.write(f"and {report.error_count - _SHOWN} more")


def _import(project: Project, options: dict[str, Any]) -> ImportReport:
    bar = _Bar()
    try:
        return pairs_import(
            project=project,
            path=options["file"],
            adapter=options["adapter"],
            skip_bad=options["skip_bad"],
            split=options["split"],
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

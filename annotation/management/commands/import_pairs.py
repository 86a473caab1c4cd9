"""``manage.py import_pairs FILE --project SLUG``: the importer from a shell."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from annotation.cot.errors import StepwiseError
from annotation.models import Project
from annotation.pairs.detect import unpacked
from annotation.pairs.formats import format_named, formats, given, options, takers
from annotation.pairs.report import ImportRefused, ImportReport
from annotation.quality.projects import project_create

_SHOWN = 20


class Command(BaseCommand):
    help = "Import query-product pairs from CSV, JSONL, Parquet, WANDS, ESCI or Quepid files."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="of pairs; a folder or a zip too")
        parser.add_argument("--project", required=True, help="slug")
        parser.add_argument("--create-project", action="store_true", help="if it is not there")
        parser.add_argument("--adapter", choices=sorted(formats()), default="native")
        parser.add_argument(
            "--as",
            dest="what",
            choices=("pairs", "submissions"),
            default="pairs",
            help="submissions: --adapter label-studio means label-studio-submissions",
        )
        for option in options().values():
            names = takers(option)
            parser.add_argument(
                f"--{option.name.replace('_', '-')}",
                type=Path if option.file else _text_or_file if option.json else str,
                choices=option.choices or None,
                help=f"{names}: {option.help}" if names else option.help,
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
        if options["what"] == "submissions":
            if f"{options['adapter']}-submissions" not in formats():
                raise CommandError("--as submissions needs --adapter label-studio")
            options["adapter"] += "-submissions"
        try:
            report = _kept_or_not(options)
        except ImportRefused as refused:
            self._show(refused.report.errors, refused.report.error_count)
            raise CommandError(refused.message) from refused
        except StepwiseError as error:
            raise CommandError(error.message) from error
        self._tell(report, options)
        if options["dry_run"]:
            self.stdout.write("a dry run: nothing was kept")
        if report.failure:
            raise CommandError(report.failure)

    def _tell(self, report: ImportReport, options: dict[str, Any]) -> None:
        self._show(report.errors, report.error_count)
        self._show(report.notices, report.notice_count)
        self.stdout.write(report.summary())
        if report.unknown:
            used = "became attributes" if options["unknown_as_attributes"] else "not read"
            self.stdout.write(f"not known, {used}: {', '.join(report.unknown)}")

    def _show(self, lines: list[tuple[int, str]], count: int) -> None:
        for line, message in sorted(lines)[:_SHOWN]:
            self.stderr.write(f"line {line}: {message}")
        if count > _SHOWN:
            self.stderr.write(f"and {count - _SHOWN} more")


def _text_or_file(given: str) -> str:
    """JSON as it is written; of anything else the text of the file of that name."""
    if given.lstrip().startswith("{"):
        return given
    try:
        return Path(given).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise CommandError(f"cannot read {given}: {error}") from error


def _kept_or_not(options: dict[str, Any]) -> ImportReport:
    """A refused file leaves no empty project, a dry run nothing at all."""
    new = not Project.objects.filter(slug=options["project"]).exists()
    together = transaction.atomic() if new or options["dry_run"] else nullcontext()
    with together:
        project = _project(options["project"], options["create_project"])
        report = _import(project, options)
        if options["dry_run"]:
            transaction.set_rollback(True)
    return report


def _import(project: Project, options: dict[str, Any]) -> ImportReport:
    bar, format = _Bar(), format_named(options["adapter"])
    chosen = given(options)
    try:
        format.options_check(chosen)
        with unpacked(options["file"], format.name) as files:
            return format.run(
                project=project,
                path=files.main,
                adapter=format.name,
                skip_bad=options["skip_bad"],
                unknown_as_attributes=options["unknown_as_attributes"],
                dry_run=options["dry_run"],
                source=options["file"].name,
                progress=bar,
                **files.files | chosen,
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

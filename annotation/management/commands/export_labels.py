"""``manage.py export_labels FILE --project SLUG --format NAME``: an export from a shell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotation.cot.errors import StepwiseError
from annotation.cot.splits import SPLITS
from annotation.exports.formats import ExportFilter, format_named, formats, notes_of
from annotation.exports.jobs import export_write
from annotation.models import Project


class Command(BaseCommand):
    help = "Export what people said; docs/exporting.md describes the formats."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="a folder for the training formats")
        parser.add_argument("--project", required=True, help="slug")
        parser.add_argument("--format", choices=sorted(formats()), default="labels")
        parser.add_argument("--split", choices=SPLITS, default="", help="of this split only")
        parser.add_argument("--policy", default="", help="of this policy's rollouts only")

    def handle(self, *args: Any, **options: Any) -> None:
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"there is no project '{options['project']}'")
        format = format_named(options["format"])
        chosen = ExportFilter(project, options["split"], options["policy"])
        try:
            written = export_write(format=format, chosen=chosen, path=options["file"])
        except StepwiseError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{written} records in {options['file']}")
        for note in notes_of(format, chosen, written):
            self.stdout.write(note)

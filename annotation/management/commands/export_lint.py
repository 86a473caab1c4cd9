"""``manage.py export_lint FILE``: what is wrong with an export, and what leaks its labels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotation.cot.errors import StepwiseError
from annotation.exports.lint import lint_file


class Command(BaseCommand):
    help = "Check an exported .jsonl, .csv or .parquet file. Ends with 1 on a defect or a leak."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = lint_file(options["file"])
        except StepwiseError as error:
            raise CommandError(error.message) from error
        self.stdout.write(json.dumps(report, indent=2, ensure_ascii=False))
        leaks = [row["feature"] for row in report["features"] if row["leak"]]
        defects = [row["message"] for row in report["defects"]]
        defects += [f"the label leaks through: {name}" for name in leaks]
        if defects:
            raise CommandError("; ".join(defects))

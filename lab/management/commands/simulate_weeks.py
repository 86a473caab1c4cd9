"""``manage.py simulate_weeks --project sample``: give what simulated people did a past."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotation.cot.errors import Conflict
from lab.simulate.weeks import weeks_tell
from training.runs.named import project_named


class Command(BaseCommand):
    help = (
        "Spread what simulated people did in a project over the working hours of the last "
        "weeks, so that its pages look as after that time."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--project", default="sample", help="slug")
        parser.add_argument("--weeks", type=int, default=4, choices=range(1, 53), metavar="N")

    def handle(self, *args: Any, **options: Any) -> None:
        project = project_named(options["project"])
        try:
            changed = weeks_tell(project=project, weeks=options["weeks"])
        except Conflict as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{changed} times changed")

"""``manage.py simulate_people --project sample``: annotators and a lead who work the queue."""

from __future__ import annotations

import signal
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotation.people.roles import Role
from lab.circle.source import crew
from lab.circle.source_sample import SampleSource
from lab.simulate.at_work import Crew, work
from lab.simulate.people import person_create
from training.runs.named import project_named


class Command(BaseCommand):
    help = "Label a project of the built-in sample as people would, until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--project", default="sample", help="slug")
        parser.add_argument("--annotators", type=int, default=3, metavar="N")
        parser.add_argument("--noise", type=float, default=0.05, metavar="P")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--once", action="store_true", help="until the queue is empty")

    def handle(self, *args: Any, **options: Any) -> None:
        project = project_named(options["project"])
        try:
            source = SampleSource(
                annotators=options["annotators"],
                noise=options["noise"],
                pairs=0,
                seed=options["seed"],
            )
        except ValueError as error:
            raise CommandError(str(error)) from error
        if not source.knows(project):
            raise CommandError(
                f"project '{project.slug}' holds pairs that are not the built-in sample's: "
                "nobody knows what a simulated person should answer"
            )
        if options["annotators"] < project.overlap:
            raise CommandError(f"an item needs {project.overlap} annotators: --annotators")
        lead = person_create(username=f"{source.slug}-lead", role=Role.LEAD)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            work(
                project,
                Crew(crew(source), lead, source.lead()),
                self._say,
                stay=not options["once"],
            )
        except KeyboardInterrupt:
            self._say("the simulated people go home")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

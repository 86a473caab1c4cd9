"""``manage.py circle``: the whole circle once, headless, with real worker processes."""

from __future__ import annotations

import json
import tempfile
from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotation.cot.errors import Invalid
from annotation.models import Project
from annotation.people.roles import Role
from annotation.quality.projects import project_create
from lab.circle.config import PRESETS
from lab.circle.context import Circle, StageFailed
from lab.circle.source import CircleSource, crew
from lab.circle.source_quepid import QuepidSource
from lab.circle.source_sample import SampleSource
from lab.circle.table import table
from lab.circle.turn import turn
from lab.circle.workers import WorkerDied, worker_fleet
from lab.simulate.people import person_create
from training.models import Checkpoint
from training.runs.checkpoints import checkpoint_register, seed_policy
from training.runs.thresholds import thresholds_clear


class Command(BaseCommand):
    help = "Turn the whole circle once with simulated or replayed annotators and report it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--report", type=Path, required=True, help="JSON report to write")
        parser.add_argument(
            "--data", type=Path, help="folder with individual ratings to replay"
        )
        parser.add_argument("--simulate-annotators", type=int, default=3, metavar="N")
        parser.add_argument("--noise", type=float, default=0.05, metavar="P")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--preset", choices=sorted(PRESETS))
        parser.add_argument(
            "--policy", type=Path, help="start policy (default: shipped, or made for --data)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        usual = "ratings" if options["data"] else "default"
        config = PRESETS[options["preset"] or usual]
        if options["policy"]:
            config = replace(config, own_examples=0)
        try:
            source = _source(options, config.pairs)
        except (ValueError, OSError) as error:
            raise CommandError(str(error)) from error
        with tempfile.TemporaryDirectory(prefix="stepwise-circle-") as work:
            work_dir = Path(work)
            with worker_fleet(options["report"].resolve().parent / "circle-logs") as fleet:
                circle = Circle(
                    project=_project(source),
                    source=source,
                    config=config,
                    fleet=fleet,
                    crew=crew(source),
                    lead=person_create(username=f"{source.slug}-lead", role=Role.LEAD),
                    policy=_policy(options["policy"]),
                    seed=options["seed"],
                    work_dir=work_dir,
                    say=self._say,
                )
                try:
                    turn(circle)
                except (StageFailed, WorkerDied) as error:
                    raise CommandError(str(error)) from error
        options["report"].write_text(json.dumps(circle.report, indent=1) + "\n")
        for line in table(circle.report):
            self.stdout.write(line)

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _source(options: dict[str, Any], pairs: int) -> CircleSource:
    if options["data"] is not None:
        return QuepidSource(options["data"], pairs=pairs, seed=options["seed"])
    return SampleSource(
        annotators=options["simulate_annotators"],
        noise=options["noise"],
        pairs=pairs,
        seed=options["seed"],
    )


def _policy(folder: Path | None) -> Checkpoint:
    if folder is None:
        return seed_policy()
    try:
        return checkpoint_register(name=f"circle-{folder.name}", path=str(folder))
    except Invalid as error:
        raise CommandError(str(error)) from error


def _project(source: CircleSource) -> Project:
    """A project of its own for every turn, so that no earlier answer counts."""
    number = Project.objects.filter(slug__startswith=f"circle-{source.slug}-").count() + 1
    project = project_create(
        slug=f"circle-{source.slug}-{number}",
        name=f"Circle, {source.slug} {number}",
        overlap=source.overlap,
        max_overlap=source.annotators,
    )
    thresholds_clear(project=project)  # it shows the whole way, however small it is
    return project

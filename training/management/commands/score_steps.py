"""``manage.py score_steps PROJECT``: the reward model's verdict on steps, and what differs."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotation.cot.errors import StepwiseError
from training.disagreements.disagreements import disagreements_open
from training.disagreements.select import disagreements_listed
from training.runs.named import checkpoint_named, project_named
from training.scoring.queue_order import queue_rank
from training.scoring.scoring import ScoringFailed, scoring_retry, steps_score_due
from training.scoring.select import current_rm


class Command(BaseCommand):
    help = "Score the steps that have no score yet; list what the one in charge disputes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="slug")
        parser.add_argument("--rm", help="checkpoint name; default: the one in charge")
        parser.add_argument("--limit", type=int, default=100_000, help="steps")

    def handle(self, *args: Any, **options: Any) -> None:
        project = project_named(options["project"])
        in_charge = current_rm(project)
        rm = checkpoint_named(options["rm"]) if options["rm"] else in_charge
        if rm is None:
            raise CommandError(
                "no reward model is in charge of this project: name one (--rm), or see rm_gate"
            )
        try:
            scoring_retry(project=project, rm=rm)  # somebody asks for it: parked or not
            scored = steps_score_due(project=project, rm=rm, limit=options["limit"])
        except (StepwiseError, ScoringFailed) as error:
            raise CommandError(str(error)) from error
        if scored is None:
            raise CommandError("a worker is scoring with this model now")
        if rm != in_charge:
            self.stdout.write(f"{scored} steps scored; {rm.name} is not in charge")
            return
        queue_rank(project=project, rm=rm)
        disagreements_open(project=project)
        differ = disagreements_listed(project=project, rm=rm).count()
        self.stdout.write(f"{scored} steps scored, {differ} disagreements with people")

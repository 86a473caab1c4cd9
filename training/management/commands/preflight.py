"""``manage.py preflight PROJECT METHOD``: what a launch would work with, and what it misses."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotation.cot.errors import StepwiseError
from training.job.methods import METHODS
from training.models import RolloutBatch
from training.rollouts.batches import batch_run
from training.runs.dry_run import dry_run_of, dry_run_start
from training.runs.named import choice_named
from training.runs.preflight import Preflight, preflight


class Command(BaseCommand):
    help = "Check a launch without launching; exit code 1 where it would be refused."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="slug")
        parser.add_argument("method", choices=sorted(METHODS))
        parser.add_argument("--policy", default="seed", help="checkpoint name")
        parser.add_argument("--rm", help="checkpoint name of the reward model")
        parser.add_argument("--run-config", help="TOML with keys of run.toml")
        parser.add_argument(
            "--dry-run", action="store_true", help="sample 64 pairs first, here and now"
        )
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        choice = choice_named(options, options["run_config"])
        if options["dry_run"]:
            _sample(choice)
        seen = preflight(**choice)
        _batch, report = dry_run_of(**choice)
        if options["json"]:
            body = asdict(seen) | {"dry_run": asdict(report) if report else None}
            self.stdout.write(json.dumps(body, ensure_ascii=False, indent=1))
        else:
            self._print(seen)
            for name, value in asdict(report).items() if report else ():
                self.stdout.write(f"dry run, {name}: {value}")
        if seen.problems or seen.refusals:
            raise CommandError("this run would be refused")

    def _print(self, seen: Preflight) -> None:
        self.stdout.write(f"training pairs: {seen.train_pairs} of {seen.train_queries} queries")
        self.stdout.write(f"evaluation pairs: {seen.eval_pairs} of {seen.eval_queries} queries")
        for check in seen.checks:
            self.stdout.write(f"{'met' if check.met else 'NOT MET'}: {check.text}")
        for line in seen.problems:
            self.stdout.write(f"problem: {line}")
        for line in seen.warnings:
            self.stdout.write(f"note: {line}")


def _sample(choice: dict[str, Any]) -> None:
    try:
        batch = dry_run_start(**choice)
    except StepwiseError as error:
        raise CommandError(str(error)) from error
    done = batch_run(batch_id=batch.pk) or batch
    done.refresh_from_db()
    if done.state != RolloutBatch.State.DONE:
        raise CommandError(f"the dry run is {done.state}: {done.error or 'a worker has it'}")

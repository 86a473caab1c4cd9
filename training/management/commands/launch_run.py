"""``manage.py launch_run PROJECT METHOD``: the admin's launch, from a shell."""

from __future__ import annotations

import os
import socket
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotation.cot.errors import StepwiseError
from training.job.methods import METHODS
from training.models import TrainingRun
from training.runs.named import choice_named, waiver_named
from training.runs.preflight import preflight
from training.runs.runs import run_create, run_launch
from training.runs.tasks import run_launch as run_launch_task


class Command(BaseCommand):
    help = "Check, create and launch a training run."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="slug")
        parser.add_argument("method", choices=sorted(METHODS))
        parser.add_argument("--policy", default="seed", help="checkpoint name")
        parser.add_argument("--rm", help="checkpoint name of the reward model")
        parser.add_argument("--config", help="TOML with keys of run.toml")
        parser.add_argument(
            "--waive-by", help="username of the lead who lets it start despite a threshold"
        )
        parser.add_argument("--reason", default="", help="why, with --waive-by")
        parser.add_argument(
            "--background", action="store_true", help="leave the work to a train worker"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        choice = choice_named(options, options["config"])
        try:
            waiver = waiver_named(options["waive_by"], options["reason"])
            run = run_create(**choice, waiver=waiver)
        except StepwiseError as error:
            raise CommandError(str(error)) from error
        for line in preflight(**choice).warnings:
            self.stderr.write(f"note: {line}")
        if options["background"]:
            run_launch_task.delay(run.pk)
            self.stdout.write(f"run {run.pk} is queued")
            return
        self.stdout.write(f"run {run.pk} starts")
        self.stdout.flush()
        done = run_launch(run_id=run.pk, worker=f"{socket.gethostname()}:{os.getpid()}")
        if done is None:
            raise CommandError(f"run {run.pk} was taken by a worker")
        if done.state != TrainingRun.State.FINISHED:
            raise CommandError(f"run {done.pk} {done.state}: {done.error}")
        self.stdout.write(f"run {done.pk} finished: {done.run_dir}")

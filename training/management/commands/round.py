"""``manage.py round start|advance|stop|status --project S``: the circle, from a shell."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from annotation.cot.errors import StepwiseError
from annotation.models import Project, Round
from training.rounds.records import round_whole
from training.rounds.rounds import round_advance, round_start, round_stop
from training.rounds.select import open_round, rounds_newest_first
from training.rounds.tasks import jobs_send
from training.runs.named import checkpoint_named, project_named, toml_of, waiver_named


class Command(BaseCommand):
    help = "Start a round, begin its next stage, stop it, or say where it stands."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=["start", "advance", "stop", "status"])
        parser.add_argument("--project", required=True, help="slug")
        parser.add_argument("--json", action="store_true", help="answer as the API does")
        parser.add_argument("--policy", help="start: checkpoint to sample")
        parser.add_argument("--plan", help="start: TOML with keys of the plan")
        parser.add_argument("--rounds", type=int, help="start: how many the autopilot makes")
        parser.add_argument("--autopilot", choices=Project.Autopilot.values, help="start")
        parser.add_argument(
            "--waive-by",
            help="start, advance: username of the lead who lets runs start despite a threshold",
        )
        parser.add_argument("--reason", default="", help="why, of stop and of --waive-by")

    def handle(self, *args: Any, **options: Any) -> None:
        project = project_named(options["project"])
        try:
            row = getattr(self, f"_{options['action']}")(project, options)
        except StepwiseError as error:
            raise CommandError(str(error)) from error
        self._tell(row, as_json=options["json"])

    def _start(self, project: Project, options: dict[str, Any]) -> Round:
        name = options["policy"]
        with transaction.atomic():
            done = round_start(
                project=project,
                policy=checkpoint_named(name) if name else None,
                plan=_plan(project, options["plan"], options["rounds"]),
                autopilot=options["autopilot"],
                waiver=waiver_named(options["waive_by"], options["reason"]),
            )
            jobs_send(done)
        return done.round

    def _advance(self, project: Project, options: dict[str, Any]) -> Round:
        with transaction.atomic():
            waiver = waiver_named(options["waive_by"], options["reason"])
            done = round_advance(round_id=open_round(project).pk, waiver=waiver)
            jobs_send(done)
        return done.round

    def _stop(self, project: Project, options: dict[str, Any]) -> Round:
        return round_stop(round_id=open_round(project).pk, reason=options["reason"])

    def _status(self, project: Project, options: dict[str, Any]) -> Round:
        row = rounds_newest_first(project).first()
        if row is None:
            raise CommandError(f"project '{project.slug}' has no round yet: start one")
        return row

    def _tell(self, row: Round, *, as_json: bool) -> None:
        whole = round_whole(row)
        if as_json:
            self.stdout.write(json.dumps(whole))
            return
        self.stdout.write(f"round {row.number} of {row.project.slug}: {whole['state']}")
        if row.stop_reason:
            self.stdout.write(row.stop_reason)
        if wait := whole["wait"]:
            self.stdout.write(f"waits for {wait['whom']}: {wait['text']}")


def _plan(project: Project, path: str | None, rounds: int | None) -> dict[str, Any] | None:
    """The file's, else that of the last round; None leaves it to the service."""
    if path is None and rounds is None:
        return None
    last = rounds_newest_first(project).first()
    plan = toml_of(path) if path or last is None else dict(last.plan)
    return plan if rounds is None else plan | {"rounds": rounds}

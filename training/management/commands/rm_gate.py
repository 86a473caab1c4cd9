"""``manage.py rm_gate --project S --candidate NAME``: may this reward model take charge?"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotation.cot.errors import StepwiseError
from training.judges.gate import GateReport
from training.judges.gating import gate_request, gate_run
from training.judges.words import NAMES, failing_lines
from training.models import RmGate
from training.runs.named import checkpoint_named, project_named
from training.scoring.scoring import ScoringFailed
from training.scoring.select import current_rm


class Command(BaseCommand):
    help = "Measure a reward model against the one in charge, on what neither learned from."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--project", required=True, help="slug")
        parser.add_argument("--candidate", required=True, help="checkpoint name")
        parser.add_argument("--promote", action="store_true", help="appoint it if it passes")
        parser.add_argument("--json", action="store_true", help="the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        project = project_named(options["project"])
        rm = checkpoint_named(options["candidate"])
        try:
            row = gate_request(project=project, rm=rm, promote=options["promote"])
            done = gate_run(gate_id=row.pk)
        except (StepwiseError, ScoringFailed) as error:
            raise CommandError(str(error)) from error
        if done is None:
            raise CommandError("a worker is measuring it now")
        if done.state == RmGate.State.FAILED:
            raise CommandError(done.error)
        report = GateReport.of(done.report)
        lines = failing_lines(report)
        appointed = current_rm(project) == rm
        if options["json"]:
            facts = {"passes": report.passes, "appointed": appointed, "failing": lines}
            self.stdout.write(json.dumps(report.stored() | facts))
        else:
            self._tell(report, lines, appointed)

    def _tell(self, report: GateReport, lines: list[Any], appointed: bool) -> None:
        against = report.against or "nobody in charge"
        self.stdout.write(f"{report.n} gold steps of {report.queries} queries, {against}")
        for row in report.measures:
            values = (row.candidate, row.other, row.difference, row.low, row.high)
            numbers = "  ".join("-" if v is None else f"{v:+.3f}" for v in values)
            self.stdout.write(f"{NAMES[row.name]:<28}{numbers}")
        for line in lines:
            self.stdout.write(f"refused: {line}")
        if not lines:
            self.stdout.write("passes; in charge now" if appointed else "passes")

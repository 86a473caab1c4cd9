"""``manage.py replay --run N --release M``: a run's rewards again, under another truth."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from annotation.cot.errors import StepwiseError
from training.job.files import write_jsonl
from training.models import TrainingRun
from training.runs.replay import ReplayReport, run_replay
from verifier.models import VerifierRelease
from verifier.services.leave_out import release_without

_SHOWN = 10


class Command(BaseCommand):
    help = (
        "Reward a run's rollouts again by another release, from its ledger and without torch."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--run", type=int, required=True, help="number of the run")
        parser.add_argument(
            "--release", type=int, required=True, help="number of a release of its project"
        )
        parser.add_argument(
            "--drop-annotator", help="username: the release as it would be without their labels"
        )
        parser.add_argument("--out", help="JSON lines: the groups that change, largest first")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        run = TrainingRun.objects.filter(pk=options["run"]).first()
        if run is None:
            raise CommandError(f"there is no run {options['run']}")
        releases = VerifierRelease.objects.filter(project=run.project)
        release = releases.filter(number=options["release"]).first()
        if release is None:
            known = ", ".join(str(n) for n in releases.values_list("number", flat=True))
            raise CommandError(
                f"project {run.project.slug} has no release {options['release']} "
                f"(releases: {known or 'none'})"
            )
        try:
            report = _replayed(run, release, options["drop_annotator"])
        except StepwiseError as error:
            raise CommandError(str(error)) from error
        body = report.as_json()
        if options["out"]:
            write_jsonl(Path(options["out"]), body["changed"])
        if options["json"]:
            self.stdout.write(json.dumps(body, allow_nan=False))
        else:
            self._tell(report)

    def _tell(self, report: ReplayReport) -> None:
        self.stdout.write(
            f"run {report.run} under release {report.release}: {report.groups} groups, "
            f"{report.flips} of {report.steps} step rewards differ, "
            f"{len(report.changed)} groups change; {report.signs} advantages change their "
            f"sign, {report.ranks} rollouts their rank; largest |dA| of a step "
            f"{report.largest:.6f}"
        )
        if report.ledger != "full":
            self.stdout.write(f"the ledger keeps a part of the groups ({report.ledger})")
        if report.unheard:
            self.stdout.write(
                f"{report.unheard} steps are masked: the reward model was not asked about them"
            )
        for row in report.changed[:_SHOWN]:
            self.stdout.write(
                f"  update {row.update} pair {row.pair_id}: |dA| {row.moved:.4f}, "
                f"{row.signs} signs, {row.ranks} ranks, {len(row.flips)} rewards"
            )


def _replayed(run: TrainingRun, release: VerifierRelease, username: str | None) -> ReplayReport:
    if username is None:
        return run_replay(run=run, release=release)
    person = User.objects.filter(username=username).first()
    if person is None:
        raise CommandError(f"nobody is named '{username}'")
    truths = release_without(release, person).table
    return run_replay(run=run, release=release, truths=truths, without=username)

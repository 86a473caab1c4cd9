"""``manage.py compare_runs A B``: two runs of a project side by side."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotation.cot.errors import StepwiseError
from training.lineage.truth_changes import TruthChange, TruthSide
from training.lineage.two_runs import TwoRuns, runs_compared
from training.lineage.two_runs_api import TwoRunsRecord
from training.models import TrainingRun

_SHOWN = 10


class Command(BaseCommand):
    help = (
        "Compare two runs: settings, truths and whose they are, rewards that flip, and answers "
        "to the pairs that both were measured on."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("first", type=int, metavar="A", help="number of a run")
        parser.add_argument("second", type=int, metavar="B", help="of the same project")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        runs = [_run(options[name]) for name in ("first", "second")]
        try:
            two = runs_compared(*runs, reader=None, rewards=True)
        except StepwiseError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(TwoRunsRecord(two).data, allow_nan=False))
        else:
            for line in _told(two):
                self.stdout.write(line)


def _run(number: int) -> TrainingRun:
    rows = TrainingRun.objects.select_related("project", "policy", "rm", "release")
    run = rows.filter(pk=number).first()
    if run is None:
        raise CommandError(f"there is no run {number}")
    return run


def _told(two: TwoRuns) -> Iterator[str]:
    yield f"run {two.first.pk} and run {two.second.pk} of project {two.first.project.slug}"
    for setting in two.settings:
        yield f"  {setting.name}: {setting.first or '-'} -> {setting.second or '-'}"
    if two.truths is None:
        yield two.refusal
    else:
        yield (
            f"truths: {two.truths.changed} with another value, {two.truths.gone} gone, "
            f"{two.truths.new} new, {two.truths.resourced} by another source"
        )
        yield from (_truth(row) for row in two.truths.rows[:_SHOWN])
        if two.truths.total > _SHOWN:
            yield f"  and {two.truths.total - _SHOWN} more (--json lists a hundred)"
    for row in two.rewards or []:
        told = row.refusal
        if row.report:
            told = (
                f"{row.report.flips} of {row.report.steps} step rewards flip, "
                f"{row.report.signs} advantages change their sign"
            )
        yield f"run {row.run.pk} under release {row.release or '-'}: {told}"
    for evaluation in two.evaluations:
        shared, told = evaluation.shared, evaluation.refusal
        if shared:
            told = (
                f"macro F1 {shared.first:.3f} and {shared.second:.3f}, difference "
                f"{shared.difference:+.3f} ({shared.low:+.3f} to {shared.high:+.3f}) on "
                f"{shared.pairs} shared pairs of {shared.queries} queries"
            )
        yield f"{evaluation.moment} training: {told}"


def _truth(row: TruthChange) -> str:
    where = f"pair {row.pair.pk} ({row.pair.query})" if row.pair else row.key[:16]
    told = f"  step {row.kind:d} of {where}: {_side(row.first)} -> {_side(row.second)}"
    taken = f", withdrawn by {row.withdrawn_by}: {row.withdrawn_reason}"
    return told + (taken if row.withdrawn_by else "")


def _side(side: TruthSide | None) -> str:
    if side is None:
        return "nothing"
    by = f" by {', '.join(side.people.names)}" if side.people.names else ""
    return f"{side.value} ({side.source}{by})"

"""The fewest questions that put right what a change of the guideline made stale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from annotation.cot.steps import StepKind
from annotation.labelling.answered import answers_of, waiting_of
from annotation.labelling.asking import Asking, questions, still_to_ask
from annotation.models import Project, Rollout, Step, StepLabel
from annotation.quality.pace import Median
from annotation.quality.stale_select import StaleRollout, stale_rollouts


@dataclass(frozen=True, slots=True)
class Relabel:
    """One item to open: ``kinds`` of the rollout that nobody else is asked about."""

    row: StaleRollout
    rollout: Rollout
    kinds: list[int]


@dataclass(frozen=True, slots=True)
class StaleReport:
    """``rows``: all that is stale; ``plan``: what puts right those that cannot stand, and
    ``hours`` of people's time for it, None where no time was measured."""

    rows: list[StaleRollout]
    contradicting: int
    plan: list[Relabel]
    hours: float | None


def stale_report(project: Project) -> StaleReport:
    rows = stale_rollouts(project)
    contradicting = [row for row in rows if row.cannot_stand]
    plan = relabel_plan(project, contradicting)
    return StaleReport(rows, len(contradicting), plan, hours_of(project, plan))


def relabel_plan(project: Project, rows: Sequence[StaleRollout]) -> list[Relabel]:
    """One question a pair (steps 3-5) and a text (steps 1-2), in as few items as a greedy
    choice finds; the rollouts with the most stale steps first. What was decided under the
    present guideline, or waits in the queue, is left out."""
    ids = [row.rollout_id for row in rows]
    rollouts = Rollout.objects.select_related("pair__project").in_bulk(ids)
    pairs = {rollout.pair_id for rollout in rollouts.values()}
    prefixes: dict[int, dict[int, str]] = {pk: {} for pk in ids}
    steps = Step.objects.filter(rollout__in=ids).order_by()
    for pk, kind, prefix in steps.values_list("rollout", "kind", "sha256"):
        prefixes[pk][kind] = prefix
    answers = answers_of(project, pairs)
    waiting = waiting_of(pairs, by_text=False)
    plan = []
    for row in sorted(rows, key=lambda row: -len(row.kinds)):
        rollout = rollouts[row.rollout_id]
        asking = Asking(rollout.pair_id, row.kinds, prefixes[rollout.pk])
        if kinds := still_to_ask(asking, answers, waiting):
            plan.append(Relabel(row, rollout, kinds))
            waiting |= questions(asking, kinds)
    return plan


def hours_of(project: Project, plan: Sequence[Relabel]) -> float | None:
    """People's time for it: each step's median so far, for all who are asked; None where no
    time was measured."""
    labels = StepLabel.objects.filter(item__project=project, active_ms__gt=0).order_by()
    medians = dict(labels.values_list("kind").annotate(ms=Median("active_ms")))
    if not medians:
        return None
    usual = sum(medians.values()) / len(medians)
    steps = [int(StepKind(kind)) for each in plan for kind in each.kinds]
    total = sum(medians.get(kind, usual) for kind in steps)
    return float(total) * project.overlap / 3_600_000

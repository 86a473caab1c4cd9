"""A candidate in shadow: scored on the gold and the pending queue, measured, and appointed when
it passes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from annotation.cot.errors import Conflict, Invalid
from annotation.cot.steps import StepKind
from annotation.cot.wording import wording as _
from annotation.models import Project, Step
from annotation.models.job_run import job_run
from annotation.models.leases import queued_again
from annotation.models.queue import LIVE_STATES
from training.judges.appointing import PASSED, rm_appoint
from training.judges.gate import gate
from training.judges.gold import HumanVerdict, gold_verdicts
from training.judges.resampled import GoldStep
from training.judges.select import gate_refusal
from training.models import Checkpoint, RmGate, StepScore
from training.scoring.scoring import ScoringFailed, steps_score
from training.scoring.select import current_rm, kinds_learned, steps_due_for_scoring

MOST_STEPS = 2_000  # that a candidate is scored on


def gate_request(*, project: Project, rm: Checkpoint, promote: bool = True) -> RmGate:
    """Have a candidate measured, again if it was before; the caller sends the task on commit.

    Raises:
        Invalid: not a reward model.
        Conflict: it is in charge.
    """
    if rm.kind != Checkpoint.Kind.RM:
        raise Invalid(_("%(name)s is not a reward model", name=rm.name))
    if current_rm(project) == rm:
        raise Conflict(_("%(name)s is in charge already", name=rm.name))
    row, _created = RmGate.objects.get_or_create(project=project, rm=rm)
    ended = (RmGate.State.DONE, RmGate.State.FAILED)
    RmGate.objects.filter(pk=row.pk, state__in=ended).update(**queued_again(), error="")
    RmGate.objects.filter(pk=row.pk).update(promote=promote)
    row.refresh_from_db()
    return row


def gate_run(*, gate_id: int) -> RmGate | None:
    """Score what is missing, measure, and appoint what passes.

    None when another worker is at it or it has ended. A scorer that dies is tried once more,
    then the gate has failed with the reason.

    Raises:
        ScoringFailed: the scorer died.
    """
    rows = RmGate.objects.filter(pk=gate_id).select_related("project", "rm__run")
    done = job_run(rows, _measured, worth_another=(ScoringFailed,))
    if done is None or done.state != RmGate.State.DONE or not done.promote:
        return done
    if not gate_refusal(done.project, done.rm):
        rm_appoint(project=done.project, rm=done.rm, reason=PASSED)
    return done


def _measured(row: RmGate) -> dict[str, Any]:
    project, candidate = row.project, row.rm
    champion = current_rm(project)
    models = [candidate] if champion is None else [candidate, champion]
    kinds = set(StepKind).intersection(*(kinds_learned(model) for model in models))
    gold = [
        verdict
        for verdict in gold_verdicts(project=project, rms=models)
        if verdict.step.kind in kinds
    ][:MOST_STEPS]
    for model in models:
        _score(model, [verdict.step for verdict in gold])
    _score(candidate, _pending(project, candidate, MOST_STEPS - len(gold)))
    report = gate(
        _steps(gold, candidate, champion),
        against=champion.name if champion else "",
        whole_rollouts=kinds == set(StepKind),
    )
    return {"state": RmGate.State.DONE, "report": report.stored(), "error": "", "setback": ""}


def _score(rm: Checkpoint, steps: Sequence[Step]) -> None:
    scored = StepScore.objects.filter(rm=rm, step__in=steps)
    known = set(scored.values_list("step", flat=True))
    steps_score(rm=rm, steps=[step for step in steps if step.pk not in known])


def _pending(project: Project, rm: Checkpoint, limit: int) -> list[Step]:
    """Steps that people are about to see."""
    due = steps_due_for_scoring(project=project, rm=rm)
    return list(due.filter(rollout__items__state__in=LIVE_STATES).distinct()[: max(0, limit)])


def _steps(
    gold: Sequence[HumanVerdict], candidate: Checkpoint, champion: Checkpoint | None
) -> list[GoldStep]:
    """Those that every model could read."""
    mine = _chances(gold, candidate)
    theirs = mine if champion is None else _chances(gold, champion)
    return [
        GoldStep(
            query=step.rollout.pair.query,
            rollout=step.rollout_id,
            kind=step.kind,
            correct=verdict.correct,
            candidate=mine[step.pk],
            champion=None if champion is None else theirs[step.pk],
        )
        for verdict in gold
        if (step := verdict.step).pk in mine and step.pk in theirs
    ]


def _chances(gold: Sequence[HumanVerdict], rm: Checkpoint) -> dict[int, float]:
    steps = [verdict.step for verdict in gold]
    return dict(StepScore.objects.filter(rm=rm, step__in=steps).values_list("step", "p"))

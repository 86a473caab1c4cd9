"""What a round's policy is worth: before and after, and against the former round's."""

from __future__ import annotations

from dataclasses import dataclass

from annotation.models import Round
from training.models import TrainingRun
from training.rounds.facts import JUDGES, Facts
from training.runs.rescoring import Evaluation, NotComparable, Rescored, rescored
from verifier.models import VerifierRelease


@dataclass(frozen=True, slots=True)
class RoundScores:
    """All under the project's newest release; None where there is nothing to compare."""

    own: Rescored | None = None  # the policy before this round's training, and after
    former: Rescored | None = None  # what the former round left, and what this one did


def round_scores(facts: Facts) -> RoundScores:
    run = facts.training
    rows = VerifierRelease.objects.filter(project_id=facts.round.project_id)
    release = rows.defer("payload").order_by("-number").first()
    if run is None or release is None or run.state != TrainingRun.State.FINISHED:
        return RoundScores()
    after, earlier = Evaluation(run.pk, "after"), _former(facts.round)
    return RoundScores(
        _compared(Evaluation(run.pk, "before"), after, release),
        _compared(Evaluation(earlier, "after"), after, release) if earlier else None,
    )


def _former(row: Round) -> int | None:
    """The run of the newest earlier round that trained one to its end."""
    runs = TrainingRun.objects.filter(
        round__project_id=row.project_id,
        round__number__lt=row.number,
        state=TrainingRun.State.FINISHED,
    ).exclude(method__in=JUDGES)
    return runs.order_by("-round__number", "-pk").values_list("pk", flat=True).first()


def _compared(
    first: Evaluation, second: Evaluation, release: VerifierRelease
) -> Rescored | None:
    try:
        return rescored(first, second, release)
    except NotComparable:
        return None

"""Where the reward model and people differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.db.models import (
    Case,
    Exists,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    When,
)

from annotation.models import Project, Resolution, Rollout, Step, StepLabel
from annotation.models.queue import LIVE_STATES
from training.models import Checkpoint, Disagreement, RmAppointment, StepScore
from training.scoring.priority import THRESHOLD

_Verdict = StepLabel.Verdict
DECIDED = (_Verdict.CORRECT, _Verdict.INCORRECT)


class Difference(NamedTuple):
    score_id: int
    step_id: int
    p: float  # the model's P(correct)
    resolution_id: int
    impact: int


class Answered(NamedTuple):
    disagreement_id: int
    p: float
    verdict: str  # of the second look


def scores_that_differ(project: Project) -> Iterator[Difference]:
    """Scores of the reward model in charge against the newest human verdict on their step,
    never listed before: for it, or with the same verdict of people for an earlier model."""
    newest = Resolution.objects.filter(
        item__rollout=OuterRef("step__rollout"), kind=OuterRef("step__kind"), withdrawn_at=None
    ).order_by("-pk")
    in_charge = RmAppointment.objects.filter(project=project, until=None).values("rm")
    says_correct = Q(p__gte=THRESHOLD)
    differs = (says_correct & Q(human=_Verdict.INCORRECT)) | (
        ~says_correct & Q(human=_Verdict.CORRECT)
    )
    rows = (
        StepScore.objects.filter(rm__in=in_charge, step__rollout__pair__project=project)
        .annotate(
            resolution_id=Subquery(newest.values("pk")[:1]),
            human=Subquery(newest.values("verdict")[:1]),
            impact=_impact(),
        )
        .filter(differs)
        .exclude(Exists(_listed()))
        .order_by("pk")
    )
    for row in rows.values_list("pk", "step_id", "p", "resolution_id", "impact"):
        yield Difference(*row)


def _listed() -> QuerySet[Disagreement]:
    """Of a score with ``human`` and ``resolution_id``: what stands of its step. A decision in
    favour of people holds for their verdict, one in favour of the model for that resolution."""
    state = Disagreement.State
    stands = Q(state=state.RM_RIGHT, resolution=OuterRef("resolution_id")) | Q(
        state__in=[state.OPEN, state.REQUEUED, state.HUMAN_RIGHT, state.GUIDELINE_GAP],
        resolution__verdict=OuterRef("human"),
    )
    own = Q(score=OuterRef("pk")) & ~Q(state=state.WITHDRAWN)
    return Disagreement.objects.filter(own | stands, step=OuterRef("step"))


def disagreements_listed(*, project: Project, rm: Checkpoint) -> QuerySet[Disagreement]:
    """All that were ever listed for a model, the most confident first."""
    return Disagreement.objects.filter(project=project, score__rm=rm)


def disagreements_answered() -> Iterator[Answered]:
    """Requeued ones that people have decided again since."""
    newer = Resolution.objects.filter(
        item__rollout=OuterRef("step__rollout"),
        kind=OuterRef("step__kind"),
        pk__gt=OuterRef("resolution_id"),
        verdict__in=DECIDED,
        withdrawn_at=None,
    ).order_by("-pk")
    rows = (
        Disagreement.objects.filter(state=Disagreement.State.REQUEUED)
        .annotate(again=Subquery(newer.values("verdict")[:1]))
        .filter(again__isnull=False)
        .order_by("pk")
    )
    for row in rows.values_list("pk", "score__p", "again"):
        yield Answered(*row)


def requeued_live(project: Project) -> int:
    """Disagreements whose queue item still waits for people."""
    return Disagreement.objects.filter(
        project=project,
        state=Disagreement.State.REQUEUED,
        item__state__in=LIVE_STATES,
    ).count()


def _impact() -> Case:
    """Rollouts whose reward a verdict on the step decides: the pair's for steps 3-5, those
    with the same reasoning up to here for steps 1-2."""
    same = Step.objects.filter(sha256=OuterRef("step__sha256"), kind=OuterRef("step__kind"))
    of_pair = Rollout.objects.filter(pair=OuterRef("step__rollout__pair"))
    return Case(
        When(step__kind__lte=2, then=_count(same)),
        default=_count(of_pair),
        output_field=IntegerField(),
    )


def _count(rows: QuerySet[Any]) -> Subquery:
    """How many rows, without the grouping that an aggregate over OuterRef would need."""
    return Subquery(
        rows.order_by().annotate(n=Func(F("pk"), function="Count")).values("n"),
        output_field=IntegerField(),
    )

"""Where the reward model and people differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from annotation.models import Project, Resolution
from training.models import Checkpoint, Disagreement, StepScore

THRESHOLD = 0.5  # P(correct) from which on the model's verdict is "correct"
LIVE_ITEM_STATES = ("open", "labelled", "split")


class Difference(NamedTuple):
    score_id: int
    step_id: int
    p: float  # the model's P(correct)
    resolution_id: int


class Answered(NamedTuple):
    disagreement_id: int
    p: float
    verdict: str  # of the second look


def scores_that_differ(*, project: Project, rm: Checkpoint) -> Iterator[Difference]:
    """Scores against the newest human verdict on their step, never listed before."""
    newest = Resolution.objects.filter(
        item__rollout=OuterRef("step__rollout"), kind=OuterRef("step__kind")
    ).order_by("-pk")
    says_correct = Q(p__gte=THRESHOLD)
    differs = (says_correct & Q(human="incorrect")) | (~says_correct & Q(human="correct"))
    rows = (
        StepScore.objects.filter(rm=rm, step__rollout__pair__project=project)
        .annotate(
            resolution_id=Subquery(newest.values("pk")[:1]),
            human=Subquery(newest.values("verdict")[:1]),
        )
        .filter(differs)
        .exclude(Exists(Disagreement.objects.filter(score=OuterRef("pk"))))
        .order_by("pk")
    )
    for row in rows.values_list("pk", "step_id", "p", "resolution_id"):
        yield Difference(*row)


def disagreements_open_list(project: Project | None = None) -> QuerySet[Disagreement]:
    """Open ones, the most confident model verdict first, with what a list shows."""
    rows = Disagreement.objects.filter(state=Disagreement.State.OPEN).select_related(
        "project", "step__rollout__pair__product", "score__rm", "resolution"
    )
    return rows.filter(project=project) if project else rows


def disagreements_answered() -> Iterator[Answered]:
    """Requeued ones that people have decided again since."""
    newer = Resolution.objects.filter(
        item__rollout=OuterRef("step__rollout"),
        kind=OuterRef("step__kind"),
        pk__gt=OuterRef("resolution_id"),
        verdict__in=["correct", "incorrect"],
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
        item__state__in=LIVE_ITEM_STATES,
    ).count()


def disagreements_matching(
    *, kind: int | None = None, state: str | None = None, query: str = ""
) -> QuerySet[Disagreement]:
    """For a lead's list, the most confident first; ``query`` is a part of the search query."""
    rows = Disagreement.objects.select_related(
        "step__rollout__pair__product", "score__rm", "resolution", "decided_by"
    ).order_by("-confidence", "-pk")
    if kind is not None:
        rows = rows.filter(step__kind=kind)
    if state is not None:
        rows = rows.filter(state=state)
    return rows.filter(step__rollout__pair__query__icontains=query) if query else rows

"""What is new past a position, as outboxes: readers pull, nobody is called."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Q, QuerySet

from annotation.models import Pair, PairValues, Project, Resolution, StepLabel
from annotation.models.outbox import outbox_horizon

_DECIDED = (StepLabel.Verdict.CORRECT, StepLabel.Verdict.INCORRECT)
M = TypeVar("M", Pair, PairValues, Resolution)


def resolutions_after(
    position: int, limit: int, project: Project
) -> tuple[list[Resolution], int]:
    """(resolutions in order of id, item and pair loaded; how far that reaches).

    Everything up to the second number has been seen, whether it was a row of this project's or
    not: it is the next position.
    """
    horizon = outbox_horizon(Resolution, project)
    rows = Resolution.objects.filter(pk__gt=position, pair__project=project)
    return _reached(rows.select_related("item", "pair"), position, horizon, limit)


def valued_pairs_after(position: int, limit: int, project: Project) -> tuple[list[Pair], int]:
    """The same for the pairs that came with values."""
    horizon = outbox_horizon(Pair, project)
    rows = Pair.objects.filter(pk__gt=position, project=project)
    return _reached(rows.exclude(Q(gold={}) & Q(silver={})), position, horizon, limit)


def pair_values_after(
    position: int, limit: int, project: Project
) -> tuple[list[PairValues], int]:
    """The same for values that came later, pair loaded."""
    horizon = outbox_horizon(PairValues, project)
    rows = PairValues.objects.filter(pk__gt=position, project=project)
    return _reached(rows.select_related("pair"), position, horizon, limit)


def verdicts_of(project: Project) -> QuerySet[Resolution]:
    """The newest decision on each step of each well-formed rollout, where it is a verdict that
    nobody took back."""
    newest = (
        Resolution.objects.filter(item__project=project, item__rollout__parse_error="")
        .order_by("item__rollout_id", "kind", "-pk")
        .distinct("item__rollout_id", "kind")
    )
    return Resolution.objects.filter(
        pk__in=newest.values("pk"), verdict__in=_DECIDED, withdrawn_at=None
    )


def _reached(rows: QuerySet[M], position: int, horizon: int, limit: int) -> tuple[list[M], int]:
    rows_read = list(rows.filter(pk__lte=horizon).order_by("pk")[:limit])
    return rows_read, rows_read[-1].pk if len(rows_read) == limit else max(position, horizon)

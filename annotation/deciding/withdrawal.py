"""Taking decisions back: they stay in the history and decide nothing any more."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils import timezone

from annotation.cot.steps import OPEN_KINDS
from annotation.models import Pair, Resolution


def resolutions_withdraw(*, pair: Pair, kind: int, step_sha256: str, up_to: int) -> int:
    """Withdraw what was decided of the pair's step, or of the text of steps 1-2, up to the id
    ``up_to``; returns how many. All of it: an earlier decision would stand again otherwise."""
    rows: QuerySet[Resolution] = Resolution.objects.filter(
        pair=pair, kind=kind, pk__lte=up_to, withdrawn_at=None
    )
    if kind in OPEN_KINDS:
        rows = rows.filter(step_sha256=step_sha256)
    return rows.update(withdrawn_at=timezone.now())

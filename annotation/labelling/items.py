"""Items that wait for something other than an annotator."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from annotation.cot.labels import JudgedStep
from annotation.cot.steps import STRUCTURED_KINDS, StepKind
from annotation.models import Assignment, Project, QueueItem, Rollout


def items_due_for_resolution(
    now: datetime | None = None, grace_seconds: int | None = None
) -> QuerySet[QueueItem]:
    """Fully labelled items, oldest first, a little after the last submission.

    Until then (``UNDO_SECONDS``) the last annotator can undo a slip of the finger.
    """
    grace = settings.UNDO_SECONDS if grace_seconds is None else grace_seconds
    before = (now or timezone.now()) - timedelta(seconds=grace)
    return (
        QueueItem.objects.filter(state=QueueItem.State.LABELLED)
        .annotate(
            last=Max(
                "assignments__submitted_at",
                filter=Q(assignments__state=Assignment.State.SUBMITTED),
            )
        )
        .filter(last__lte=before)
        .order_by("pk")
    )


def split_items(project: Project | None = None) -> QuerySet[QueueItem]:
    """What leads have to adjudicate, urgent and old first; rollout, pair and product loaded."""
    items = QueueItem.objects.filter(state=QueueItem.State.SPLIT)
    if project is not None:
        items = items.filter(project=project)
    return items.select_related("project", "rollout__pair__product").order_by("-priority", "pk")


def default_kinds(rollout: Rollout, readable: Iterable[int]) -> set[int]:
    """The steps to ask about: all, of a malformed rollout the ``readable`` ones and 3-5."""
    if not rollout.parse_error:
        return {int(kind) for kind in StepKind}
    return {*readable} | {int(kind) for kind in STRUCTURED_KINDS}


def judged_steps(rollout: Rollout) -> dict[int, JudgedStep]:
    """Step kind -> what the rollout says there; a step that it lacks is not in it."""
    return {step.kind: JudgedStep(step.value, len(step.text)) for step in rollout.steps.all()}

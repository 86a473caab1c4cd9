"""Why the queue has, or has not, something for a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.contrib.auth.models import User
from django.db.models import Count, F, Min, Q
from django.utils import timezone

from annotation.models import Assignment, Project, QueueItem

Why = Literal["ready", "held", "skipped", "done", "empty"]


@dataclass(frozen=True, slots=True)
class QueueState:
    """Open items from one person's side; the four counts add up to ``open_items``."""

    open_items: int
    claimable: int  # includes what this person holds or put off
    held: int  # full for now: every free slot is held by others
    held_until: datetime | None  # when the first such hold ends
    skipped: int  # this person passed them to others
    judged: int  # this person has judged them; they wait for others

    @property
    def why(self) -> Why:
        if self.claimable:
            return "ready"
        if self.held:
            return "held"
        if self.skipped:
            return "skipped"
        return "done" if self.judged else "empty"


def queue_state(
    user: User, project: Project | None = None, now: datetime | None = None
) -> QueueState:
    moment = now or timezone.now()
    items = QueueItem.objects.filter(state=QueueItem.State.OPEN)
    if project is not None:
        items = items.filter(project=project)
    mine = Assignment.objects.filter(annotator=user, item__in=items)
    judged = set(mine.filter(state="submitted").values_list("item_id", flat=True))
    skipped = set(mine.filter(state="skipped").values_list("item_id", flat=True)) - judged
    passed = judged | skipped
    submitted = Q(assignments__state="submitted")
    by_others = Q(assignments__state="claimed", assignments__expires_at__gt=moment) & ~Q(
        assignments__annotator=user
    )
    full = (
        items.exclude(pk__in=passed)
        .annotate(taken=Count("assignments", filter=submitted | by_others))
        .filter(taken__gte=F("overlap"))
    )
    held = set(full.values_list("pk", flat=True))
    until = Assignment.objects.filter(
        item__in=held, state="claimed", expires_at__gt=moment
    ).aggregate(first=Min("expires_at"))["first"]
    total = items.count()
    return QueueState(
        open_items=total,
        claimable=total - len(held) - len(passed),
        held=len(held),
        held_until=until,
        skipped=len(skipped),
        judged=len(judged),
    )

"""Why the queue has, or has not, something for a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.contrib.auth.models import User
from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet
from django.utils import timezone

from annotation.labelling.gold_select import known_rollouts, pauses_of
from annotation.models import Assignment, Pause, Project, QueueItem

States = Assignment.State
Why = Literal["ready", "paused", "held", "skipped", "done", "reserved", "outside", "empty"]


@dataclass(frozen=True, slots=True)
class QueueState:
    """Open items from one person's side; the four counts add up to ``open_items``."""

    open_items: int
    claimable: int  # includes what this person holds or put off
    leased: int  # full for now: every free slot is held by others
    leased_until: datetime | None  # when the first such hold ends
    skipped: int  # this person passed them to others
    judged: int  # this person has judged them; they wait for others
    reserved: int = 0  # not among the open items: kept for other people
    outside: int = 0  # nor these: of projects whose pool this person is not in
    pauses: tuple[Pause, ...] = ()  # by the gold rule, in the projects asked for

    @property
    def why(self) -> Why:
        if self.claimable:
            return "ready"
        if self.pauses:
            return "paused"
        if self.leased:
            return "held"
        if self.skipped:
            return "skipped"
        if self.judged:
            return "done"
        if self.reserved:
            return "reserved"
        return "outside" if self.outside else "empty"


def queue_state(
    user: User, project: Project | None = None, now: datetime | None = None
) -> QueueState:
    moment = now or timezone.now()
    items = _open(user, project.pk if project else None)
    pauses = tuple(pauses_of(user, project))
    if pauses:
        items = items.exclude(project__in=[pause.project_id for pause in pauses])
    whole = items.count()
    items = items.exclude(project__in=pools_without(user))
    inside = items.count()
    items = items.exclude(Exists(_reservations()) & ~Exists(_reservations(user)))
    mine = Assignment.objects.filter(annotator=user, item__in=items)
    judged = mine.filter(state=States.SUBMITTED)
    skipped = mine.filter(state=States.SKIPPED)
    leased = _held(items.exclude(assignments__in=judged | skipped), user, moment)
    until = Assignment.objects.filter(
        item__in=leased, state=States.CLAIMED, expires_at__gt=moment
    ).aggregate(first=Min("expires_at"))["first"]
    total, n_judged = items.count(), judged.count()
    n_skipped = skipped.values("item").distinct().count()
    return QueueState(
        open_items=total,
        claimable=total - len(leased) - n_judged - n_skipped,
        leased=len(leased),
        leased_until=until,
        skipped=n_skipped,
        judged=n_judged,
        reserved=inside - total,
        outside=whole - inside,
        pauses=pauses,
    )


def claimable(
    user: User, project_id: int | None = None, now: datetime | None = None
) -> QuerySet[QueueItem]:
    """The items that this person can get, those they hold or put off among them."""
    items = _open(user, project_id).exclude(project__in=[p.project_id for p in pauses_of(user)])
    items = items.exclude(project__in=pools_without(user))
    items = items.exclude(Exists(_reservations()) & ~Exists(_reservations(user)))
    done = Assignment.objects.filter(
        item=OuterRef("pk"), annotator=user, state__in=(States.SUBMITTED, States.SKIPPED)
    )
    items = items.exclude(Exists(done))
    return items.exclude(pk__in=_held(items, user, now or timezone.now()))


def claimable_counts(user: User) -> dict[int, int]:
    """Project id -> items, for all projects at once; none where there are none."""
    rows = claimable(user).values_list("project_id").annotate(n=Count("pk"))
    return dict(rows.order_by())


def _open(user: User, project_id: int | None) -> QuerySet[QueueItem]:
    items = QueueItem.objects.filter(state=QueueItem.State.OPEN)
    items = items.exclude(rollout__in=known_rollouts(user))
    return items if project_id is None else items.filter(project=project_id)


def pools_without(user: User) -> QuerySet[Project]:
    """The projects that are labelled by a pool in which this person is not."""
    return Project.objects.exclude(pool=None).exclude(pool=user)


def _reservations(user: User | None = None) -> QuerySet[Any]:
    rows = QueueItem.reserved_for.through.objects.filter(queueitem=OuterRef("pk"))
    return rows if user is None else rows.filter(user=user)


def _held(items: QuerySet[QueueItem], user: User, now: datetime) -> list[int]:
    """Ids of the items without a free slot; each has at least one live claim of somebody else,
    which are few, so they are looked at first."""
    others = Assignment.objects.filter(state=States.CLAIMED, expires_at__gt=now).exclude(
        annotator=user
    )
    touched = list(others.values_list("item_id", flat=True).distinct())
    live = Q(assignments__state=States.CLAIMED, assignments__expires_at__gt=now)
    taken = Q(assignments__state=States.SUBMITTED) | (live & ~Q(assignments__annotator=user))
    full = (
        items.filter(pk__in=touched)
        .annotate(taken=Count("assignments", filter=taken))
        .filter(taken__gte=F("overlap"))
    )
    return list(full.values_list("pk", flat=True))

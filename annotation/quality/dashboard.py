"""Progress over time, and when the work will be done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import Count, Min, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from annotation.models import Assignment, Project, QueueItem

RATE_DAYS = 7
_LEAST = timedelta(hours=1)  # the first minutes promise nothing


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    submitted: int
    people: int
    active_ms: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """``days`` and ``done_on`` are None when nothing was submitted lately."""

    remaining: int  # submissions that open items still want
    per_day: float  # since the first submission of the last seven days
    days: float | None
    done_on: date | None


def daily(
    project: Project, user: User | None = None, days: int = 28, now: datetime | None = None
) -> list[Day]:
    """One row a UTC day up to today, empty days included, the oldest first."""
    today = (now or timezone.now()).date()
    first = today - timedelta(days=days - 1)
    rows = Assignment.objects.filter(
        item__project=project, state=Assignment.State.SUBMITTED, submitted_at__date__gte=first
    )
    if user is not None:
        rows = rows.filter(annotator=user)
    by_day = {
        row["day"]: row
        for row in rows.annotate(day=TruncDate("submitted_at"))
        .values("day")
        .annotate(
            n=Count("pk"), people=Count("annotator", distinct=True), active_ms=Sum("active_ms")
        )
    }
    span = [first + timedelta(days=i) for i in range(days)]
    return [
        Day(day, row["n"], row["people"], row["active_ms"])
        if (row := by_day.get(day))
        else Day(day, 0, 0, 0)
        for day in span
    ]


def forecast(project: Project, now: datetime | None = None) -> Forecast:
    """When the open items will be labelled at the pace since the first submission of the last
    seven days, nights included; an hour at least.

    Splits that ask for one more person, and new items, are not foreseen.
    """
    moment = now or timezone.now()
    opened = QueueItem.objects.filter(project=project, state=QueueItem.State.OPEN)
    wanted = opened.aggregate(n=Sum("overlap"))["n"] or 0
    given = Assignment.objects.filter(
        item__project=project,
        item__state=QueueItem.State.OPEN,
        state=Assignment.State.SUBMITTED,
    ).count()
    remaining = wanted - given
    recent = (
        Assignment.objects.filter(
            item__project=project,
            state=Assignment.State.SUBMITTED,
            submitted_at__gt=moment - timedelta(days=RATE_DAYS),
        )
        .exclude(item__state=QueueItem.State.GOLD)
        .aggregate(n=Count("pk"), first=Min("submitted_at"))
    )
    since = max(moment - (recent["first"] or moment), _LEAST)
    per_day = recent["n"] / (since / timedelta(days=1))
    if not remaining:
        return Forecast(0, per_day, 0.0, moment.date())
    days = remaining / per_day if per_day else None
    done_on = None if days is None else (moment + timedelta(days=min(days, 3650))).date()
    return Forecast(remaining, per_day, days, done_on)

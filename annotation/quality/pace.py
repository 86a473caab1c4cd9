"""Who is too fast to have read what they judge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Aggregate, Count, FloatField
from django.utils import timezone

from annotation.models import Assignment

TOO_FAST_MS = 2000  # five steps cannot be read in two seconds
LEAST_ITEMS = 5  # one slip is no habit
WINDOW = timedelta(hours=24)


class Median(Aggregate):
    function = "percentile_cont"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


@dataclass(frozen=True, slots=True)
class FastPerson:
    project_id: int
    person_id: int
    username: str
    seconds: float  # median an item
    n: int


def fast_people(now: datetime | None = None) -> list[FastPerson]:
    """Who submitted ``LEAST_ITEMS`` in the last 24 hours of any project, half of them in at
    most ``TOO_FAST_MS``; the fastest first. What was not measured does not count."""
    rows = (
        Assignment.objects.filter(
            state=Assignment.State.SUBMITTED,
            submitted_at__gt=(now or timezone.now()) - WINDOW,
            active_ms__gt=0,
        )
        .values_list("item__project_id", "annotator_id", "annotator__username")
        .annotate(ms=Median("active_ms"), n=Count("pk"))
        .filter(n__gte=LEAST_ITEMS, ms__lte=TOO_FAST_MS)
        .order_by("ms", "annotator__username")
    )
    return [
        FastPerson(project, person, name, ms / 1000, n) for project, person, name, ms, n in rows
    ]

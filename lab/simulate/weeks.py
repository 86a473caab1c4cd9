"""A project that simulated people worked through in minutes, told as if they had taken weeks:
an example with a past. Only the times of its rows change, and their order stays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time, timedelta

import numpy as np
from django.db import connection, transaction
from django.db.models import DateTimeField
from django.utils import timezone
from numpy.typing import NDArray

from annotation.cot.errors import Conflict
from annotation.models import Project, Submission
from annotation.people.roles import SIMULATED
from annotation.quality.project_rows import Hanging, hanging_tables, project_jobs

_MORNING, _HOURS, _DAYS = time(9), 8, 5  # of a working day, and in a week
_NIGHT = (24 - _HOURS) * 3600.0  # seconds
_AT_ONCE = 5000  # rows of an update

Moments = Callable[[datetime], datetime]


@transaction.atomic
def weeks_tell(*, project: Project, weeks: int) -> int:
    """Spread the labels evenly over the working hours of so many weeks before today; what
    happened between two labels stays between them. Returns how many times changed.

    Raises:
        Conflict: nobody has labelled, a real person has, or a job is at work.
    """
    if jobs := project_jobs(project):
        raise Conflict(f"{jobs[0]} uses this project; stop it first")
    labels = Submission.objects.filter(assignment__item__project=project)
    real = labels.exclude(annotator__groups__name=SIMULATED).select_related("annotator").first()
    if real is not None:
        raise Conflict(f"{real.annotator.username} is no simulated person: their times stay")
    moments = list(labels.values_list("created_at", flat=True))
    if not moments:
        raise Conflict("nobody has labelled this project")
    told = spread(moments, weeks, timezone.localtime())
    return sum(_retold(table, project, told) for table in hanging_tables())


def spread(moments: Sequence[datetime], weeks: int, now: datetime) -> Moments:
    """When something is said to have happened. Before the first of ``moments``, after the last
    and where a night lies between two, times keep their distance to the nearer one."""
    days = _working_days(weeks, now)
    ends = sorted({moment.timestamp() for moment in moments})
    share = (np.arange(len(ends)) + 0.5) / len(ends) * len(days)
    begins = np.array([day.timestamp() for day in days])
    told = begins[share.astype(int)] + share % 1 * _HOURS * 3600

    def of(moment: datetime) -> datetime:
        then = _between(moment.timestamp(), ends, told)
        return min(datetime.fromtimestamp(then, UTC), now.astimezone(UTC))

    return of


def _between(true: float, ends: Sequence[float], told: NDArray[np.float64]) -> float:
    """``told`` of the two of ``ends`` that ``true`` lies between, or of the nearer one."""
    after = int(np.searchsorted(ends, true))
    if after == 0:
        return float(told[0]) - (ends[0] - true)
    if after == len(ends):
        return float(told[-1]) + (true - ends[-1])
    since, until = true - ends[after - 1], ends[after] - true
    gap = float(told[after] - told[after - 1])
    if since + until < _NIGHT <= gap:
        return float(told[after - 1]) + since if since < until else float(told[after]) - until
    return float(told[after - 1]) + gap * since / (since + until)


def _working_days(weeks: int, now: datetime) -> list[datetime]:
    """The mornings of the last working days before today, the oldest first."""
    today = datetime.combine(now.date(), _MORNING, now.tzinfo)
    before = [today - timedelta(days=days) for days in range(1, 7 * weeks + 7)]
    return [day for day in before if day.weekday() < _DAYS][: weeks * _DAYS][::-1]


def _retold(table: Hanging, project: Project, told: Moments) -> int:
    changed = 0
    for field in table.model._meta.concrete_fields:
        if isinstance(field, DateTimeField):
            known = table.rows(project).exclude(**{field.name: None})
            rows = list(known.values_list("pk", field.name))
            for start in range(0, len(rows), _AT_ONCE):
                part = rows[start : start + _AT_ONCE]
                _write(table, field.attname, [(pk, told(moment)) for pk, moment in part])
            changed += len(rows)
    return changed


def _write(table: Hanging, column: str, rows: Sequence[tuple[object, datetime]]) -> None:
    meta = table.model._meta
    keys, moments = zip(*rows, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{meta.db_table}" AS old SET "{column}" = new.moment '
            f"FROM unnest(%s::bigint[], %s::timestamptz[]) AS new(pk, moment) "
            f'WHERE old."{meta.pk.column}" = new.pk',
            [list(keys), list(moments)],
        )

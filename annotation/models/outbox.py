"""Reading on from an id without missing a row that is committed late.

Ids are given before the commit: who has seen id 6 could miss id 5, still in flight. So whoever
remembers how far they have read, a watermark or ``?after=``, reads up to the horizon only: no
row at or below it can still appear. Nobody waits for anybody (docs/decisions/0015).

The writers' half is a trigger on each table of ``OUTBOXES``, so that no door can forget it.
"""

from __future__ import annotations

from typing import TypeVar

from django.db import connection
from django.db.models import Model, QuerySet

from annotation.cot.sql import statement
from annotation.models import Project
from annotation.models.functions import Function

MARKS = tuple(
    Function(name, statement(__file__, name))
    for name in ("stepwise_outbox_newest", "stepwise_outbox_mark", "stepwise_outbox_horizon")
)
OUTBOXES = (
    "annotation_pair",
    "annotation_pairvalues",
    "annotation_rollout",
    "annotation_steplabel",
    "annotation_resolution",
)
M = TypeVar("M", bound=Model)


def outbox_writing(project: Project) -> None:
    """Inside a long transaction that writes pairs of this project only, before the first: it
    keeps back the project's own readers and nobody else's."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('stepwise.project', %s, true)", [str(project.pk)])


def outbox_horizon(outbox: type[Model], project: Project) -> int:
    """The highest id that is safe to have passed.

    A statement of its own: the rows must be read by a later one, which sees what was committed
    while this one looked.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT stepwise_outbox_horizon(%s, %s)", [outbox._meta.db_table, project.pk]
        )
        (horizon,) = cursor.fetchone()
    return int(horizon)


def outbox_settled(rows: QuerySet[M], project: Project) -> QuerySet[M]:
    """Of a project's rows, in order of id, those that a reader may read past."""
    return rows.filter(pk__lte=outbox_horizon(rows.model, project))

"""Where people agreed a week ago and do so no longer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from annotation.models import Project
from annotation.quality.agreement import Patterns, judged_sql, level_of
from annotation.quality.alpha import FEW_ITEMS, alpha_explained

WEEK = timedelta(days=7)
LEAST_DROP = 0.15
KEPT_SECONDS = 600  # it reads two weeks of labels, and what they say changes by the day

_BY_WEEK = judged_sql("alpha_by_week")


@dataclass(frozen=True, slots=True)
class AlphaDrop:
    project_id: int
    kind: int
    before: float  # of the seven days before the last seven
    now: float
    n_items: int  # of the last seven days

    @property
    def by(self) -> float:
        return self.before - self.now


def alpha_drops_kept(
    projects: Sequence[Project], now: datetime | None = None
) -> dict[int, AlphaDrop]:
    """As :func:`alpha_drops`, at most ten minutes old: for pages that are opened all day."""
    keys = {project.pk: f"alpha-drop-{project.pk}" for project in projects}
    kept: dict[str, AlphaDrop | None] = cache.get_many(keys.values())
    if unknown := [project for project in projects if keys[project.pk] not in kept]:
        drops = alpha_drops(unknown, now)
        fresh = {keys[project.pk]: drops.get(project.pk) for project in unknown}
        cache.set_many(fresh, KEPT_SECONDS)
        kept |= fresh
    return {pk: drop for pk, key in keys.items() if (drop := kept[key])}


def alpha_drops(
    projects: Sequence[Project], now: datetime | None = None
) -> dict[int, AlphaDrop]:
    """Project id -> the step whose alpha fell most, by at least ``LEAST_DROP``, from one week
    to the next; weeks with fewer than ``FEW_ITEMS`` items say nothing. One query."""
    moment = now or timezone.now()
    values: dict[str, Any] = {
        "projects": [project.pk for project in projects],
        "since": moment - 2 * WEEK,
        "week": moment - WEEK,
    }
    weeks: dict[tuple[int, int], dict[bool, Patterns]] = defaultdict(
        lambda: {False: {}, True: {}}
    )
    with connection.cursor() as cursor:
        cursor.execute(_BY_WEEK, values)
        for project, kind, recent, answers, n in cursor.fetchall():
            weeks[project, kind][recent][tuple(answers)] = n
    drops: dict[int, AlphaDrop] = {}
    for (project, kind), patterns in sorted(weeks.items()):
        drop = _drop(project, kind, patterns)
        if drop and (project not in drops or drop.by > drops[project].by):
            drops[project] = drop
    return drops


def _drop(project: int, kind: int, patterns: dict[bool, Patterns]) -> AlphaDrop | None:
    before, now = (
        alpha_explained(patterns[recent], level_of(kind)).alpha for recent in (False, True)
    )
    if before.value is None or now.value is None:
        return None
    if min(before.n_items, now.n_items) < FEW_ITEMS or before.value - now.value < LEAST_DROP:
        return None
    return AlphaDrop(project, kind, before.value, now.value, now.n_items)

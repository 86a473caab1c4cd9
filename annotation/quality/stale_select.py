"""Decided labels that a newer guideline puts in question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from annotation.cot.rules import parse_rules
from annotation.cot.sql import Sql, statement
from annotation.cot.stale import CellChange, Version, cell_changes, last_change_of_kinds
from annotation.models import GuidelineVersion, Project
from annotation.models.queue import LIVE_STATES


@dataclass(frozen=True, slots=True)
class StaleRollout:
    """A rollout with stale decisions; ``kinds`` are the steps to ask about again.

    ``expected`` is the tier that the rules give now, "" when the change was of the text.
    """

    rollout_id: int
    item_id: int
    query: str
    title: str
    guideline_version: int
    values: tuple[str, str, str]  # category, attribute, tier as decided
    expected: str = ""
    by_text: bool = False
    kinds: list[int] = field(default_factory=list)

    @property
    def contradicts(self) -> bool:
        """Whether what was decided differs from what the rules say now."""
        return bool(self.expected) and self.expected != self.values[2]

    @property
    def cannot_stand(self) -> bool:
        """It contradicts, or the meaning of a step changed."""
        return self.contradicts or self.by_text


_STALE = statement(__file__, "stale_rollouts", live=LIVE_STATES)
_COUNTS = statement(__file__, "stale_counts", stale=Sql(_STALE))


def stale_rollouts(project: Project, *, contradicting_only: bool = False) -> list[StaleRollout]:
    """Rollouts whose newest decisions were made under a rule that has changed since.

    A tier is stale when its cell of the rules table differs from the one it was labelled
    under; any step is stale when a later version names it as changed. With
    ``contradicting_only`` a tier that already is what the new rules give is left out.
    """
    rows = [_row(row) for row in _fetch(_STALE, [project])]
    if contradicting_only:
        rows = [row for row in rows if row.cannot_stand]
    return rows


def stale_counts(projects: Sequence[Project]) -> dict[int, int]:
    """Project id -> rollouts that cannot stand under the present rules, where there are any;
    in two queries for all projects."""
    return dict(_fetch(_COUNTS, projects))


def _fetch(query: str, projects: Sequence[Project]) -> list[tuple[Any, ...]]:
    rules = {project.pk: parse_rules(project.rules) for project in projects}
    versions: dict[int, list[Version]] = {project.pk: [] for project in projects}
    rows = GuidelineVersion.objects.filter(project__in=list(versions))
    for key, number, toml, changed in rows.values_list(
        "project_id", "number", "rules", "changed_kinds"
    ):
        versions[key].append(Version(number, parse_rules(toml), changed))
    cells = [(key, cell) for key in rules for cell in cell_changes(versions[key], rules[key])]
    kinds = [
        (key, kind, number)
        for key in rules
        for kind, number in last_change_of_kinds(versions[key]).items()
    ]
    if not cells and not kinds:
        return []
    with connection.cursor() as cursor:
        cursor.execute(query, _values(cells, kinds))
        fetched: list[tuple[Any, ...]] = cursor.fetchall()
    return fetched


def _values(
    cells: list[tuple[int, CellChange]], kinds: list[tuple[int, int, int]]
) -> dict[str, Any]:
    return {
        "projects": sorted({key for key, _ in cells} | {key for key, _, _ in kinds}),
        "k_project": [key for key, _, _ in kinds],
        "k_kind": [kind for _, kind, _ in kinds],
        "k_number": [number for _, _, number in kinds],
        "c_project": [key for key, _ in cells],
        "c_number": [cell.number for _, cell in cells],
        "c_category": [cell.category for _, cell in cells],
        "c_attribute": [cell.attribute for _, cell in cells],
        "c_tier": [cell.new for _, cell in cells],
    }


def _row(row: tuple[Any, ...]) -> StaleRollout:
    rollout, item, query, title, version, category, attribute, tier, expected, changed, _ = row
    kinds = set(changed or []) | ({5} if expected else set())
    return StaleRollout(
        rollout_id=rollout,
        item_id=item,
        query=query,
        title=title,
        guideline_version=version,
        values=(category or "", attribute or "", tier or ""),
        expected=expected or "",
        by_text=bool(changed),
        kinds=sorted(kinds),
    )

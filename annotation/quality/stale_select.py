"""Decided labels that a newer guideline puts in question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from annotation.cot.rules import parse_rules
from annotation.models import GuidelineVersion, Project
from annotation.quality.stale import CellChange, Version, cell_changes, last_change_of_kinds


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


# Only closed rollouts count: what is in the queue is being looked at again already.
_STALE = """
WITH newest AS (
    SELECT DISTINCT ON (i.rollout_id, r.kind)
        i.project_id, i.rollout_id, r.item_id, r.kind, r.value, r.guideline_version
    FROM annotation_resolution r JOIN annotation_queueitem i ON i.id = r.item_id
    WHERE i.project_id = ANY(%(projects)s)
    ORDER BY i.rollout_id, r.kind, r.id DESC
), decided AS (
    SELECT project_id, rollout_id, max(item_id) AS item_id,
        max(value) FILTER (WHERE kind = 3) AS category,
        max(value) FILTER (WHERE kind = 4) AS attribute,
        max(value) FILTER (WHERE kind = 5) AS tier,
        max(guideline_version) FILTER (WHERE kind = 5) AS tier_version,
        min(guideline_version) AS version,
        array_agg(n.kind ORDER BY n.kind) FILTER (
            WHERE n.guideline_version < (
                SELECT max(k.number)
                FROM unnest(%(k_project)s::bigint[], %(k_kind)s::int[], %(k_number)s::int[])
                    AS k(project, kind, number)
                WHERE k.project = n.project_id AND k.kind = n.kind)) AS changed
    FROM newest n GROUP BY project_id, rollout_id
)
SELECT d.rollout_id, d.item_id, p.query, t.title, d.version, d.category, d.attribute, d.tier,
    c.tier AS expected, d.changed, d.project_id
FROM decided d
LEFT JOIN unnest(%(c_project)s::bigint[], %(c_number)s::int[], %(c_category)s::text[],
    %(c_attribute)s::text[], %(c_tier)s::text[])
        AS c(project, number, category, attribute, tier)
    ON c.project = d.project_id AND c.number = d.tier_version AND c.category = d.category
    AND c.attribute = d.attribute
JOIN annotation_rollout o ON o.id = d.rollout_id
JOIN annotation_pair p ON p.id = o.pair_id
JOIN annotation_product t ON t.id = p.product_id
WHERE (c.tier IS NOT NULL OR d.changed IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM annotation_queueitem i WHERE i.rollout_id = d.rollout_id
                  AND i.state IN ('open', 'labelled', 'split'))
ORDER BY (c.tier IS DISTINCT FROM d.tier) DESC, d.rollout_id
"""
_CONTRADICTING = (
    "changed IS NOT NULL OR (expected IS NOT NULL AND expected IS DISTINCT FROM tier)"
)


def stale_rollouts(project: Project, *, contradicting_only: bool = False) -> list[StaleRollout]:
    """Rollouts whose newest decisions were made under a rule that has changed since.

    A tier is stale when its cell of the rules table differs from the one it was labelled
    under; any step is stale when a later version names it as changed. With
    ``contradicting_only`` a tier that already is what the new rules give is left out.
    """
    rows = [_row(row) for row in _fetch(_STALE, [project])]
    if contradicting_only:
        rows = [row for row in rows if row.contradicts or row.by_text]
    return rows


def stale_counts(projects: Sequence[Project]) -> dict[int, int]:
    """Project id -> rollouts that cannot stand under the present rules, where there are any;
    in two queries for all projects."""
    count = f"SELECT project_id, count(*) FROM ({_STALE}) s WHERE {_CONTRADICTING} GROUP BY 1"
    return dict(_fetch(count, projects))


def _fetch(statement: str, projects: Sequence[Project]) -> list[tuple[Any, ...]]:
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
        cursor.execute(statement, _values(cells, kinds))
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

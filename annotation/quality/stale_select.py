"""Decided labels that a newer guideline puts in question."""

from __future__ import annotations

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
        i.rollout_id, r.item_id, r.kind, r.value, r.guideline_version
    FROM annotation_resolution r JOIN annotation_queueitem i ON i.id = r.item_id
    WHERE i.project_id = %(project)s
    ORDER BY i.rollout_id, r.kind, r.id DESC
), decided AS (
    SELECT rollout_id, max(item_id) AS item_id,
        max(value) FILTER (WHERE kind = 3) AS category,
        max(value) FILTER (WHERE kind = 4) AS attribute,
        max(value) FILTER (WHERE kind = 5) AS tier,
        max(guideline_version) FILTER (WHERE kind = 5) AS tier_version,
        min(guideline_version) AS version,
        array_agg(n.kind ORDER BY n.kind) FILTER (
            WHERE n.guideline_version < (
                SELECT max(c.number) FROM unnest(%(kinds)s::int[], %(numbers)s::int[])
                    AS c(kind, number) WHERE c.kind = n.kind)) AS changed
    FROM newest n GROUP BY rollout_id
)
SELECT d.rollout_id, d.item_id, p.query, t.title, d.version, d.category, d.attribute, d.tier,
    c.tier, d.changed
FROM decided d
LEFT JOIN unnest(%(c_number)s::int[], %(c_category)s::text[], %(c_attribute)s::text[],
    %(c_tier)s::text[]) AS c(number, category, attribute, tier)
    ON c.number = d.tier_version AND c.category = d.category AND c.attribute = d.attribute
JOIN annotation_rollout o ON o.id = d.rollout_id
JOIN annotation_pair p ON p.id = o.pair_id
JOIN annotation_product t ON t.id = p.product_id
WHERE (c.tier IS NOT NULL OR d.changed IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM annotation_queueitem i WHERE i.rollout_id = d.rollout_id
                  AND i.state IN ('open', 'labelled', 'split'))
ORDER BY (c.tier IS DISTINCT FROM d.tier) DESC, d.rollout_id
"""


def stale_rollouts(project: Project, *, contradicting_only: bool = False) -> list[StaleRollout]:
    """Rollouts whose newest decisions were made under a rule that has changed since.

    A tier is stale when its cell of the rules table differs from the one it was labelled
    under; any step is stale when a later version names it as changed. With
    ``contradicting_only`` a tier that already is what the new rules give is left out.
    """
    versions = [
        Version(row.number, parse_rules(row.rules), row.changed_kinds)
        for row in GuidelineVersion.objects.filter(project=project)
    ]
    current = parse_rules(project.rules)
    changes = cell_changes(versions, current)
    kinds = last_change_of_kinds(versions)
    if not changes and not kinds:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_STALE, _values(project, changes, dict(kinds)))
        rows = [_row(row) for row in cursor.fetchall()]
    if contradicting_only:
        rows = [row for row in rows if row.contradicts or row.by_text]
    return rows


def _values(
    project: Project, changes: list[CellChange], kinds: dict[int, int]
) -> dict[str, Any]:
    return {
        "project": project.pk,
        "kinds": list(kinds),
        "numbers": list(kinds.values()),
        "c_number": [c.number for c in changes],
        "c_category": [c.category for c in changes],
        "c_attribute": [c.attribute for c in changes],
        "c_tier": [c.new for c in changes],
    }


def _row(row: tuple[Any, ...]) -> StaleRollout:
    rollout, item, query, title, version, category, attribute, tier, expected, changed = row
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

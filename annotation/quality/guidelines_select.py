"""A project's guideline over time."""

from __future__ import annotations

from dataclasses import dataclass

from annotation.cot.rules import parse_rules
from annotation.cot.stale import table_diff
from annotation.cot.steps import VALUES, StepKind
from annotation.models import GuidelineVersion, Project


@dataclass(frozen=True, slots=True)
class Cell:
    attribute: str
    tier: str
    was: str  # the tier in the version before, "" when the same


def guideline_versions(project: Project) -> list[GuidelineVersion]:
    """Newest first; a project whose versions were never written down has its current one."""
    versions = list(GuidelineVersion.objects.filter(project=project).select_related("author"))
    return versions or [
        GuidelineVersion(
            project=project,
            number=project.guideline_version,
            text=project.guideline,
            rules=project.rules,
            created_at=project.created_at,
        )
    ]


def rules_grid(
    version: GuidelineVersion, before: GuidelineVersion | None
) -> list[tuple[str, list[Cell]]]:
    """The rules table in rows of categories, with what changed since ``before``."""
    now = parse_rules(version.rules)
    old = parse_rules(before.rules) if before else now
    changed = {
        (category, attribute): was for category, attribute, was, _ in table_diff(old, now)
    }
    return [
        (
            category,
            [
                Cell(
                    attribute,
                    now.tiers[category, attribute],
                    changed.get((category, attribute), ""),
                )
                for attribute in VALUES[StepKind.ATTRIBUTE]
            ],
        )
        for category in VALUES[StepKind.CATEGORY]
    ]

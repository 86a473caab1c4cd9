"""What tells whether the steps of each policy are right: people, a reused answer, a model."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

from django.db import connection

from annotation.cot.rules import Rules, parse_rules
from annotation.cot.sql import statement
from annotation.cot.steps import STRUCTURED_KINDS, VALUES, StepKind
from annotation.models import Project
from training.scoring.select import current_rm
from verifier.models import GroundTruth

_COVERAGE = statement(__file__, "coverage", silver=GroundTruth.Source.SILVER)


@dataclass(frozen=True, slots=True)
class StepCoverage:
    """Rollouts of ``policy`` with the step, each counted once, by the first that holds:
    people judged it there, an answer of the pair or of the same text serves it, the pair's
    tier implies it by the rules table, the reward model in charge scored it, or nothing says
    anything."""

    policy: str
    kind: int
    rollouts: int
    people: int
    reuse: int
    implied: int
    rm_only: int

    @property
    def uncovered(self) -> int:
        return self.rollouts - self.people - self.reuse - self.implied - self.rm_only


def coverage(project: Project) -> list[StepCoverage]:
    """Step by step, the policy with the newest rollout first; in one grouped query.

    An imported gold value serves like a reused answer, silver does not. A stale answer counts
    until people are asked again.
    """
    rm = current_rm(project)
    with connection.cursor() as cursor:
        given: dict[str, Any] = {"project": project.pk, "rm": rm.pk if rm else 0}
        cursor.execute(_COVERAGE, given | _implied(parse_rules(project.rules)))
        return [StepCoverage(*row[:-1]) for row in cursor.fetchall()]


def _implied(rules: Rules) -> dict[str, list[Any]]:
    """A row for every set of known values that implies kinds, which are bits; "" = unknown."""
    known = product(*(("", *VALUES[kind]) for kind in STRUCTURED_KINDS))
    rows = [
        (*values, sum(1 << kind for kind in kinds))
        for values in known
        if (kinds := rules.implied(_given(values)))
    ]
    columns = zip(*rows, strict=True) if rows else [()] * 4
    names = ("categories", "attributes", "tiers", "kinds")
    return {name: list(column) for name, column in zip(names, columns, strict=True)}


def _given(values: tuple[str, ...]) -> dict[StepKind, str]:
    pairs = zip(STRUCTURED_KINDS, values, strict=True)
    return {kind: value for kind, value in pairs if value}

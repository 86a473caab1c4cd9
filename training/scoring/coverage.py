"""What tells whether the steps of each policy are right: people, a reused answer, a model."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from annotation.cot.sql import statement
from annotation.models import Project
from training.scoring.select import current_rm
from verifier.models import GroundTruth

_COVERAGE = statement(__file__, "coverage", silver=GroundTruth.Source.SILVER)


@dataclass(frozen=True, slots=True)
class StepCoverage:
    """Rollouts of ``policy`` with the step, each counted once, by the first that holds:
    people judged it there, an answer of the pair or of the same text serves it, the reward
    model in charge scored it, or nothing says anything."""

    policy: str
    kind: int
    rollouts: int
    people: int
    reuse: int
    rm_only: int

    @property
    def uncovered(self) -> int:
        return self.rollouts - self.people - self.reuse - self.rm_only


def coverage(project: Project) -> list[StepCoverage]:
    """Step by step, the policy with the newest rollout first; in one grouped query.

    An imported gold value serves like a reused answer, silver does not. A stale answer counts
    until people are asked again.
    """
    rm = current_rm(project)
    with connection.cursor() as cursor:
        cursor.execute(_COVERAGE, {"project": project.pk, "rm": rm.pk if rm else 0})
        return [StepCoverage(*row[:-1]) for row in cursor.fetchall()]

"""How often people contradict an answer that would have been reused."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from annotation.cot.intervals import wilson
from annotation.cot.sql import statement
from annotation.labelling.opening import AUDIT_DRAW
from annotation.models import Project, Resolution

_AUDITS = statement(
    __file__, "audits", audit=AUDIT_DRAW, adjudicated=Resolution.Source.ADJUDICATED
)


@dataclass(frozen=True, slots=True)
class AuditRate:
    """Of ``n`` steps of a kind that chance asked again, ``contradicted`` got another answer;
    ``low`` to ``high`` is the 95 % interval of that share (Wilson)."""

    kind: int
    n: int
    contradicted: int
    low: float
    high: float

    @property
    def share(self) -> float:
        return self.contradicted / self.n


def audit_rates(project: Project) -> list[AuditRate]:
    """By step, those that were audited and decided. A lead's own audits are none of chance."""
    with connection.cursor() as cursor:
        cursor.execute(_AUDITS, {"project": project.pk})
        return [
            AuditRate(kind, n, hits, *wilson(hits, n)) for kind, n, hits in cursor.fetchall()
        ]

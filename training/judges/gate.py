"""May a reward model take charge? Candidate and champion on the same gold steps. Pure.

Bounds are one-sided, 95 %, by a paired bootstrap of queries, for steps of one query are not
independent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from training.judges.resampled import Floats, GoldStep, Judged, weights

MARGIN = 0.03  # how much worse a candidate may be in accuracy and ECE
# ProcessBench F1 counts rollouts, a fifth of the steps, and needs all five verdicts of one: an
# equal candidate must not be refused for its noise (docs/decisions/0021-gate-margins.md).
F1_MARGIN = 0.25
LEAST_GOLD = 400  # steps; with fewer an equal candidate is refused about as often as not
ENOUGH_GOLD = 800  # steps; with these four of five equal candidates pass
DRAWS = 2_000
_TAIL = 0.05
_CHANCE = 0.5  # AUC of a model that guesses


@dataclass(frozen=True, slots=True)
class Measured:
    """``candidate`` beside ``other``, the champion's value or what the candidate must beat, and
    their difference with its one-sided bounds ``low`` and ``high``; None where undefined. It
    passes when the bound that counts is on the right side of ``limit``."""

    name: str
    candidate: float | None
    other: float | None
    difference: float | None
    low: float | None
    high: float | None
    limit: float
    passes: bool


@dataclass(frozen=True, slots=True)
class GateReport:
    """``n`` gold steps of ``queries`` that both models have judged; ``against`` names the
    champion, empty when nobody is in charge."""

    n: int
    queries: int
    least: int = LEAST_GOLD
    against: str = ""
    measures: list[Measured] = field(default_factory=list)

    @property
    def enough(self) -> bool:
        return self.n >= self.least

    @property
    def failed(self) -> list[Measured]:
        return [row for row in self.measures if not row.passes]

    @property
    def passes(self) -> bool:
        return self.enough and not self.failed

    def stored(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, stored: dict[str, Any]) -> GateReport:
        """The inverse of :meth:`stored`."""
        return cls(**{**stored, "measures": [Measured(**row) for row in stored["measures"]]})


def gate(
    steps: Sequence[GoldStep],
    *,
    against: str = "",
    whole_rollouts: bool = True,
    least: int = LEAST_GOLD,
    draws: int = DRAWS,
) -> GateReport:
    """What is measured, and whether it passes.

    With a champion (``against``) every step has its P too. ``whole_rollouts`` False leaves
    ProcessBench out: one of the models was not fitted on all five kinds.
    """
    queries = len({step.query for step in steps})
    if not steps:
        return GateReport(0, 0, least, against)
    resamples = weights(queries, draws)
    mine = Judged.of(steps, [step.candidate for step in steps], resamples)
    measures = [
        above("majority", mine.accuracy(), mine.majority(), 0.0),
        above("auc", mine.auc(), np.full(len(resamples), _CHANCE), 0.0),
    ]
    if against:
        chances = [step.champion for step in steps if step.champion is not None]
        theirs = Judged.of(steps, chances, resamples)
        measures.append(above("accuracy", mine.accuracy(), theirs.accuracy(), -MARGIN))
        if whole_rollouts:
            f1 = mine.processbench_f1(), theirs.processbench_f1()
            measures.append(above("processbench_f1", *f1, -F1_MARGIN))
        measures.append(below("ece", mine.ece(), theirs.ece(), MARGIN))
    return GateReport(len(steps), queries, least, against, measures)


def above(name: str, mine: Floats, other: Floats, limit: float) -> Measured:
    """Passes when mine - other is above ``limit`` with its lower bound; values as of Judged."""
    row = _measured(name, mine, other, limit)
    return replace(row, passes=row.low is not None and row.low > limit)


def below(name: str, mine: Floats, other: Floats, limit: float) -> Measured:
    """Passes when mine - other is below ``limit`` with its upper bound."""
    row = _measured(name, mine, other, limit)
    return replace(row, passes=row.high is not None and row.high < limit)


def _measured(name: str, mine: Floats, other: Floats, limit: float) -> Measured:
    """Row 0 is the data as it is."""
    less = mine - other
    low, high = _bounds(less)
    return Measured(
        name, _known(mine[0]), _known(other[0]), _known(less[0]), low, high, limit, False
    )


def _bounds(differences: Floats) -> tuple[float | None, float | None]:
    """Over the resamples in which the difference exists; none when it does not exist in the
    data."""
    drawn = differences[1:][~np.isnan(differences[1:])]
    if np.isnan(differences[0]) or not len(drawn):
        return None, None
    low, high = np.quantile(drawn, [_TAIL, 1 - _TAIL])
    return float(low), float(high)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)

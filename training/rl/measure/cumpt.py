"""CumPT: tiers from the cumulative probability of the four tier tokens (TaoSR1). Pure.

Columns are tiers from the best: P(4), P(3), P(2), P(1), which add up to 1. One threshold b in
(0, 1] decides: the larger, the stricter.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from training.rl.measure.classification import TIERS, count_table, macro_f1

Band = Literal["good", "mid", "bad"]
GRID = tuple(round(step / 200, 3) for step in range(1, 200))  # 0.005 .. 0.995


@dataclass(frozen=True, slots=True)
class Tuned:
    """``macro_f1`` and ``argmax_macro_f1`` are of the ``n`` pairs it was tuned on."""

    threshold: float
    macro_f1: float
    argmax_macro_f1: float
    n: int

    @property
    def by_argmax(self) -> bool:
        """Whether argmax was better on those pairs: then the distributions say too little for
        one threshold to tier them."""
        return self.argmax_macro_f1 > self.macro_f1

    def tier(self, probabilities: Sequence[float]) -> str:
        """CumPT's, or argmax's where that was better."""
        if self.by_argmax:
            return argmax_tier(probabilities)
        return quantile_tier(probabilities, self.threshold)


def tier_probabilities(logits: Sequence[float]) -> list[float]:
    """Softmax over the four tier tokens alone, best tier first (TaoSR1 section 1)."""
    top = max(logits)
    exps = [math.exp(value - top) for value in logits]
    total = sum(exps)
    return [value / total for value in exps]


def quantile_tier(probabilities: Sequence[float], threshold: float) -> str:
    """The first tier from the best whose cumulative mass reaches the threshold; the worst if
    none does. Read as a quantile: 0.5 is the median of the tier distribution."""
    mass = 0.0
    for tier, p in zip(TIERS, probabilities, strict=True):
        mass += p
        if mass >= threshold:
            return tier
    return TIERS[-1]


def band(probabilities: Sequence[float], threshold: float) -> Band:
    """TaoSR1's three online tiers: Good if P4 + P3 >= b, else Mid if P4 + P3 + P2 >= b, else
    Bad."""
    tier = quantile_tier(probabilities, threshold)
    return "good" if tier in ("4", "3") else "mid" if tier == "2" else "bad"


def argmax_tier(probabilities: Sequence[float]) -> str:
    """The likeliest tier, the better one of equals."""
    return TIERS[max(range(len(TIERS)), key=lambda column: probabilities[column])]


def tune(rows: Sequence[Sequence[float]], truths: Sequence[str]) -> Tuned:
    """The threshold of ``GRID`` with the best macro F1 of the four tiers on validation pairs.

    F1 is flat between the values at which a pair changes its tier, so of the best thresholds
    the middle one of the longest run is taken: it is the furthest from any change.

    Raises:
        ValueError: no rows, or as many truths as rows are not given.
    """
    if not rows or len(rows) != len(truths):
        raise ValueError(f"{len(rows)} distributions, {len(truths)} truths")
    scores = [_f1(truths, [quantile_tier(row, b) for row in rows]) for b in GRID]
    best = np.asarray(scores) >= max(scores) - 1e-12
    start, length, run = 0, 0, 0
    for place, good in enumerate(best):
        run = run + 1 if good else 0
        if run > length:
            start, length = place - run + 1, run
    argmax = _f1(truths, [argmax_tier(row) for row in rows])
    threshold = GRID[start + (length - 1) // 2]
    return Tuned(threshold, max(scores), argmax, len(rows))


def _f1(truths: Sequence[str], answers: Sequence[str]) -> float:
    return float(macro_f1(count_table(list(truths), list(answers))))

"""Means, intervals and p values over seeds and queries. Pure.

Pairs of a query are not independent and a seed is one draw of many, so a resample draws both
queries and seeds; a paired difference draws the same ones for both arms.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.rl.measure.bootstrap import percentiles
from training.rl.measure.classification import Counts, class_f1, macro_f1

Measure = Callable[[Counts], float]


@dataclass(frozen=True, slots=True)
class SeedEstimate:
    """``values`` = one a seed; ``low`` and ``high`` = the 95 % interval of their mean."""

    mean: float
    spread: float  # standard deviation over seeds, 0 for one seed
    low: float
    high: float
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """``p`` = two-sided, of no difference; never under 1 / draws."""

    mean: float
    low: float
    high: float
    p: float


def estimate(tables: Counts, measure: Measure = macro_f1, draws: int = 1000) -> SeedEstimate:
    """``tables`` is (S, Q, 4, 5): a count table for every seed and query."""
    values = tuple(measure(table) for table in tables.sum(1))
    low, high = percentiles(_resampled(tables, measure, draws))
    spread = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return SeedEstimate(float(np.mean(values)), spread, low, high, values)


def difference(
    tables: Counts, baseline: Counts, measure: Measure = macro_f1, draws: int = 1000
) -> PairedDifference:
    """``tables`` minus ``baseline``; seed i of one is paired with seed i of the other.

    Raises:
        ValueError: they do not cover the same queries and seeds.
    """
    if tables.shape != baseline.shape:
        raise ValueError("both arms must cover the same seeds and queries")
    gaps = _resampled(tables, measure, draws) - _resampled(baseline, measure, draws)
    low, high = percentiles(gaps)
    tail = min(float((gaps <= 0).mean()), float((gaps >= 0).mean()))
    observed = [
        measure(one) - measure(other)
        for one, other in zip(tables.sum(1), baseline.sum(1), strict=True)
    ]
    return PairedDifference(
        float(np.mean(observed)), low, high, min(1.0, max(2 * tail, 1 / draws))
    )


def f1_by_class(tables: Counts) -> list[float]:
    """Mean over seeds of the F1 of tiers 4, 3, 2, 1."""
    return [float(f1) for f1 in np.mean([class_f1(table) for table in tables.sum(1)], axis=0)]


def _resampled(tables: Counts, measure: Measure, draws: int) -> NDArray[np.float64]:
    """(draws,): the mean over resampled seeds of the measure over resampled queries."""
    seeds, queries = tables.shape[:2]
    rng = np.random.default_rng(0)
    values = np.empty(draws)
    for draw in range(draws):
        chosen = rng.integers(0, queries, queries)
        drawn = tables[:, chosen].sum(1)
        each = np.array([measure(table) for table in drawn])
        values[draw] = each[rng.integers(0, seeds, seeds)].mean()
    return values

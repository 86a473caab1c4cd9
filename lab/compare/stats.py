"""Means, intervals and p values of arms. Pure.

A seed is one training run, and the runs of an arm differ from one time to the next: so seeds
are the unit. A difference is tested by a paired t over them. Pairs of a query are not
independent either, and other queries would have given other numbers: intervals are for new
seeds and new queries alike. A bootstrap over both is not used: three seeds resampled look more
alike than three new ones, and its intervals are too narrow (tests/lab/compare/test_stats.py
simulates both).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats  # type: ignore[import-untyped]

from training.rl.measure.bootstrap import LEVEL
from training.rl.measure.classification import Counts, class_f1, macro_f1

Measure = Callable[[Counts], float]
_Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SeedEstimate:
    """``values`` = one a seed; ``low`` and ``high`` = the 95 % interval of their mean for new
    seeds and queries, cut to what the
    measure can be; of one seed for new queries alone."""

    mean: float
    spread: float  # standard deviation over seeds, 0 for one seed
    low: float
    high: float
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """``low`` and ``high`` as of an estimate; ``p`` = two-sided, of no difference, by a paired
    t over the seeds; None of one seed, which tells nothing about others."""

    mean: float
    low: float
    high: float
    p: float | None


def estimate(
    tables: Counts, measure: Measure = macro_f1, draws: int = 1000, lowest: float = 0.0
) -> SeedEstimate:
    """``tables`` is (S, Q, 4, 5): a count table for every seed and query; ``lowest`` is the
    least that the measure can be."""
    values = _of_seeds(tables, measure)
    low, high = crossed_interval(values, _of_queries(tables, measure, draws), tables.shape[1])
    spread = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return SeedEstimate(
        float(values.mean()), spread, max(low, lowest), min(high, 1.0), tuple(values.tolist())
    )


def difference(
    tables: Counts, baseline: Counts, measure: Measure = macro_f1, draws: int = 1000
) -> PairedDifference:
    """``tables`` minus ``baseline``; seed i of one is paired with seed i of the other.

    Raises:
        ValueError: they do not cover the same queries and seeds.
    """
    if tables.shape != baseline.shape:
        raise ValueError("both arms must cover the same seeds and queries")
    gaps = _of_seeds(tables, measure) - _of_seeds(baseline, measure)
    resampled = _of_queries(tables, measure, draws) - _of_queries(baseline, measure, draws)
    low, high = crossed_interval(gaps, resampled, tables.shape[1])
    return PairedDifference(float(gaps.mean()), low, high, paired_p(gaps))


def f1_by_class(tables: Counts) -> list[float]:
    """Mean over seeds of the F1 of tiers 4, 3, 2, 1."""
    return [float(f1) for f1 in np.mean([class_f1(table) for table in tables.sum(1)], axis=0)]


def paired_p(gaps: _Values) -> float | None:
    """Two-sided p of Student's t, S - 1 degrees of freedom; None for one seed. Gaps that are
    all alike have no error to be measured by: 1 if they are 0, else 0."""
    if len(gaps) < 2:
        return None
    error = gaps.std(ddof=1) / np.sqrt(len(gaps))
    if error < 1e-12:
        return float(abs(gaps.mean()) < 1e-12)
    return float(2 * stats.t.sf(abs(gaps.mean()) / error, len(gaps) - 1))


def crossed_interval(
    of_seeds: _Values, of_queries: _Values, queries: int
) -> tuple[float, float]:
    """The interval of the seeds' mean. Its variance is that of a mean over seeds (S - 1 degrees
    of freedom) and that of resampled queries (Q - 1), added, with the degrees of freedom of
    Welch and Satterthwaite. What belongs to one seed and query is counted twice, so that it
    errs on the wide side."""
    seeds = len(of_seeds)
    parts = [(float(np.var(of_queries)), queries - 1)]
    if seeds > 1:
        parts.append((float(np.var(of_seeds, ddof=1)) / seeds, seeds - 1))
    mean, variance = float(of_seeds.mean()), sum(part for part, _ in parts)
    if variance < 1e-24:
        return mean, mean
    freedom = variance**2 / sum(part**2 / max(free, 1) for part, free in parts)
    half = float(stats.t.ppf((1 + LEVEL) / 2, freedom)) * variance**0.5
    return mean - half, mean + half


def _of_seeds(tables: Counts, measure: Measure) -> _Values:
    return np.array([measure(table) for table in tables.sum(1)])


def _of_queries(tables: Counts, measure: Measure, draws: int) -> _Values:
    """(draws,): the mean over the seeds of the measure over resampled queries."""
    queries = tables.shape[1]
    chosen = np.random.default_rng(0).integers(0, queries, (draws, queries))
    return np.array([_of_seeds(tables[:, row], measure).mean() for row in chosen])

"""Bootstrap intervals that resample queries, because pairs of one query are not independent."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from training.rl.measure.classification import Counts, count_table

LEVEL = 0.95


def query_tables(
    queries: Sequence[str], truths: Sequence[str], predictions: Sequence[str | None]
) -> Counts:
    """(Q, 4, 5): one count table a query, queries in order of first appearance."""
    rows: dict[str, list[int]] = {}
    for index, query in enumerate(queries):
        rows.setdefault(query, []).append(index)
    tables = [
        count_table([truths[i] for i in places], [predictions[i] for i in places])
        for places in rows.values()
    ]
    return np.stack(tables) if tables else np.zeros((0, 4, 5), dtype=np.int64)


def interval(
    measure: Callable[[Counts], float], tables: Counts, draws: int, seed: int = 0
) -> list[float]:
    """[low, high] of ``measure`` over ``draws`` resamples of the queries, percentile method."""
    values = [measure(tables[chosen].sum(0)) for chosen in _resamples(len(tables), draws, seed)]
    return percentiles(values)


def paired_interval(
    measure: Callable[[Counts], float], before: Counts, after: Counts, draws: int, seed: int = 0
) -> list[float]:
    """[low, high] of measure(after) - measure(before), the same queries in both."""
    if len(before) != len(after):
        raise ValueError("before and after must cover the same queries")
    values = [
        measure(after[chosen].sum(0)) - measure(before[chosen].sum(0))
        for chosen in _resamples(len(before), draws, seed)
    ]
    return percentiles(values)


def _resamples(count: int, draws: int, seed: int) -> np.ndarray:
    if not count:
        raise ValueError("no queries to resample")
    return np.random.default_rng(seed).integers(0, count, size=(draws, count))


def percentiles(values: Sequence[float] | NDArray[np.float64]) -> list[float]:
    """[low, high] of resampled values at LEVEL."""
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(np.asarray(values), [tail, 1 - tail])
    return [float(low), float(high)]

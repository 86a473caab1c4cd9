"""What an arm is measured by, and the people it is compared with. Pure.

Tiers 3 and 2 are rare in ratings of shops, and people take one for the other: so agreement in
order and the useful products come first, then three tiers of which one is "in between", and
macro F1 over all four last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations

import numpy as np

from lab.compare.benchmark import Row
from lab.compare.real.ratings import tier_of
from lab.compare.stats import Measure
from training.rl.measure.bootstrap import interval, query_tables
from training.rl.measure.classification import Counts, good_f1, kappa_quadratic, macro_f1

_DRAWS = 1000


def kappa(table: Counts) -> float:
    """Quadratic, of the answers that can be read; 0 where chance alone decides."""
    return kappa_quadratic(table) or 0.0


def three_tier_f1(table: Counts) -> float:
    """Macro F1 of Excellent, in between (tiers 3 and 2), and Irrelevant."""
    merged = np.zeros_like(table)
    place = (0, 1, 1, 3, 4)  # the row and column of in between is that of tier 3
    for row in range(4):
        for column in range(5):
            merged[place[row], place[column]] += table[row, column]
    return macro_f1(merged)


MEASURES: Mapping[str, Measure] = {
    "quadratic kappa": kappa,
    "Good F1": good_f1,
    "three-tier F1": three_tier_f1,
    "macro F1": macro_f1,
}


def against_each_other(rows: Sequence[Row], grades: Mapping[str, Sequence[int]]) -> Counts:
    """(Q, P, 4, 5): every rater taken for the truth, against every other."""
    given = [grades[row["pair_id"]] for row in rows]
    pairs = permutations(range(len(given[0])), 2)
    return _stacked(rows, [([g[a] for g in given], [g[b] for g in given]) for a, b in pairs])


def against_the_median(rows: Sequence[Row], grades: Mapping[str, Sequence[int]]) -> Counts:
    """(Q, P, 4, 5): every rater against the median, in which the rater's own grade is."""
    given = [grades[row["pair_id"]] for row in rows]
    truth = [int(tier_of(row)) for row in rows]
    return _stacked(rows, [(truth, [g[a] for g in given]) for a in range(len(given[0]))])


def of_people(tables: Counts, measure: Measure) -> tuple[float, float, float]:
    """Mean over the raters, and its 95 % interval for other queries."""

    def mean(summed: Counts) -> float:
        return float(np.mean([measure(table) for table in summed]))

    low, high = interval(mean, tables, _DRAWS)
    return mean(tables.sum(0)), low, high


def _stacked(rows: Sequence[Row], compared: Sequence[tuple[list[int], list[int]]]) -> Counts:
    queries = [row["query"] for row in rows]
    each = [
        query_tables(queries, list(map(str, truth)), list(map(str, answers)))
        for truth, answers in compared
    ]
    return np.stack(each, axis=1)

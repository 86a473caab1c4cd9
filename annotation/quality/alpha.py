"""Krippendorff's alpha and pairwise kappa, with the reason when undefined. Pure."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

from annotation.cot.wording import wording as _

Level = Literal["nominal", "ordinal"]
FEW_ITEMS = 20  # an alpha of fewer is told with care


@dataclass(frozen=True, slots=True)
class Alpha:
    """``value`` is None exactly when ``undefined_reason`` says why."""

    value: float | None
    n_items: int  # with at least two labels
    n_labels: int  # on those items
    level: Level
    undefined_reason: str = ""

    @property
    def few(self) -> bool:
        """Whether it is a number, of so few items that it says little."""
        return self.value is not None and self.n_items < FEW_ITEMS


@dataclass(frozen=True, slots=True)
class Explained:
    """An alpha with what it was computed from: alpha = 1 - observed / expected.

    ``coincidences``: (value, value) -> how often two labels of one item say so, each item's
    pairs weighted by 1 / (labels - 1), so that all cells add up to ``alpha.n_labels``.
    """

    alpha: Alpha
    observed: float
    expected: float
    values: tuple[str, ...]
    coincidences: Mapping[tuple[str, str], float]

    def matrix(self) -> list[tuple[str, list[float]]]:
        return [
            (one, [self.coincidences.get((one, other), 0.0) for other in self.values])
            for one in self.values
        ]


def alpha(units: Sequence[Mapping[int, str]], level: Level = "nominal") -> Alpha:
    """Agreement of coders.

    Args:
        units: for each item, annotator -> value; missing votes are absent.
        level: ``ordinal`` reads the values as numbers.
    """
    patterns = Counter(tuple(sorted(unit.values())) for unit in units)
    return alpha_explained(patterns, level).alpha


def alpha_explained(
    patterns: Mapping[tuple[str, ...], int], level: Level = "nominal"
) -> Explained:
    """Alpha from how many items got which labels.

    Args:
        patterns: the labels of an item, in any order -> number of such items. Items with one
            label cannot agree or disagree and are left out.

    Source: Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), sections C and D.
    """
    pairable = {answers: n for answers, n in patterns.items() if len(answers) >= 2 and n}
    cells = _coincidences(pairable)
    margins: dict[str, float] = defaultdict(float)
    for (one, _other), n in cells.items():
        margins[one] += n
    values = tuple(sorted(margins, key=_order))
    n_items = sum(pairable.values())
    n_labels = sum(len(answers) * n for answers, n in pairable.items())
    if len(values) < 2:
        same, none = _("everybody always gave the same value"), _("no item has two labels")
        reason = same if n_items else none
        empty = Alpha(None, n_items, n_labels, level, reason)
        return Explained(empty, 0.0, 0.0, values, cells)
    distance = {
        (one, other): _distance(one, other, values, margins, level)
        for one in values
        for other in values
    }
    observed = sum(n * distance[cell] for cell, n in cells.items()) / n_labels
    expected = sum(
        margins[one] * margins[other] * distance[one, other] for one, other in distance
    ) / (n_labels * (n_labels - 1))
    result = Alpha(1 - observed / expected, n_items, n_labels, level)
    return Explained(result, observed, expected, values, cells)


def _coincidences(patterns: Mapping[tuple[str, ...], int]) -> dict[tuple[str, str], float]:
    cells: dict[tuple[str, str], float] = defaultdict(float)
    for answers, n in patterns.items():
        counts = Counter(answers)
        for one, other in product(counts, repeat=2):
            pairs = counts[one] * (counts[other] - (one == other))
            if pairs:
                cells[one, other] += n * pairs / (len(answers) - 1)
    return dict(cells)


def _distance(
    one: str, other: str, values: Sequence[str], margins: Mapping[str, float], level: Level
) -> float:
    """Squared difference of two values: 0 or 1, or by the ranks between them."""
    if one == other:
        return 0.0
    if level == "nominal":
        return 1.0
    low, high = sorted((values.index(one), values.index(other)))
    between = sum(margins[value] for value in values[low : high + 1])
    return (between - (margins[one] + margins[other]) / 2) ** 2


def _order(value: str) -> tuple[float, str]:
    return (float(value), "") if value.isdigit() else (math.inf, value)


@dataclass(frozen=True, slots=True)
class Kappa:
    """Of two annotators; ``n`` items both have judged."""

    value: float | None
    n: int
    undefined_reason: str = ""


def kappa_of_counts(counts: Mapping[tuple[str, str], int], *, quadratic: bool = False) -> Kappa:
    """Cohen's kappa from how often the first gave x and the second y.

    kappa = 1 - d_o / d_e, with the disagreement 0 or 1, or with ``quadratic`` the squared
    difference of the values as numbers; d_e from each one's own value frequencies.
    Source: Cohen 1960; Cohen 1968 for the weights.
    """
    n = sum(counts.values())
    ones: Counter[str] = Counter()
    others: Counter[str] = Counter()
    for (one, other), count in counts.items():
        ones[one] += count
        others[other] += count

    def apart(one: str, other: str) -> float:
        return (float(one) - float(other)) ** 2 if quadratic else float(one != other)

    observed = sum(apart(*cell) * count for cell, count in counts.items()) / n
    expected = sum(
        apart(one, other) * ones[one] * others[other] for one in ones for other in others
    ) / (n * n)
    if expected == 0:
        return Kappa(None, n, _("both always gave the same value"))
    return Kappa(1 - observed / expected, n)

"""Krippendorff's alpha and pairwise kappa, with the reason when undefined. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import krippendorff
import numpy as np

Level = Literal["nominal", "ordinal"]


@dataclass(frozen=True, slots=True)
class Alpha:
    """``value`` is None exactly when ``undefined_reason`` says why."""

    value: float | None
    n_items: int  # with at least two labels
    n_labels: int  # on those items
    level: Level
    undefined_reason: str = ""


def alpha(units: Sequence[Mapping[int, str]], level: Level = "nominal") -> Alpha:
    """Agreement of coders.

    Args:
        units: for each item, annotator -> value; missing votes are absent.
        level: ``ordinal`` reads the values as numbers.

    Source: Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), through the
    ``krippendorff`` package.
    """
    pairable = [unit for unit in units if len(unit) >= 2]
    n_items, n_labels = len(pairable), sum(len(unit) for unit in pairable)
    if not pairable:
        return Alpha(None, 0, 0, level, "no item has two labels")
    values = {value for unit in pairable for value in unit.values()}
    if len(values) < 2:
        return Alpha(None, n_items, n_labels, level, "everybody always gave the same value")
    score = krippendorff.alpha(
        reliability_data=_matrix(pairable, level), level_of_measurement=level
    )
    return Alpha(float(score), n_items, n_labels, level)


@dataclass(frozen=True, slots=True)
class Kappa:
    """Two annotators, named ``pair`` in ascending order; ``n`` items both have judged."""

    pair: tuple[int, int]
    value: float | None
    n: int
    undefined_reason: str = ""


def pairwise_kappa(units: Sequence[Mapping[int, str]]) -> list[Kappa]:
    """Cohen's kappa of every two annotators who share an item, most shared items first.

    kappa = (p_o - p_e) / (1 - p_e), with p_e from each one's own value frequencies.
    """
    shared: dict[tuple[int, int], list[tuple[str, str]]] = defaultdict(list)
    for unit in units:
        for one, other in combinations(sorted(unit), 2):
            shared[one, other].append((unit[one], unit[other]))
    found = [_kappa(pair, said) for pair, said in shared.items()]
    return sorted(found, key=lambda kappa: (-kappa.n, kappa.pair))


def _kappa(pair: tuple[int, int], said: Sequence[tuple[str, str]]) -> Kappa:
    n = len(said)
    observed = sum(one == other for one, other in said) / n
    ones, others = Counter(one for one, _ in said), Counter(other for _, other in said)
    expected = sum(ones[value] * others[value] for value in ones) / n**2
    if expected == 1:
        return Kappa(pair, None, n, "both always gave the same value")
    return Kappa(pair, (observed - expected) / (1 - expected), n)


def _matrix(units: Sequence[Mapping[int, str]], level: Level) -> np.ndarray:
    """Coders x items with NaN where a coder gave nothing."""
    coders = {coder: row for row, coder in enumerate(sorted({c for u in units for c in u}))}
    names = sorted({value for unit in units for value in unit.values()})
    code = {
        name: float(name) if level == "ordinal" else float(i) for i, name in enumerate(names)
    }
    matrix = np.full((len(coders), len(units)), np.nan)
    for column, unit in enumerate(units):
        for coder, value in unit.items():
            matrix[coders[coder], column] = code[value]
    return matrix

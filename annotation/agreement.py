"""Krippendorff's alpha, with the reason when it is undefined. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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

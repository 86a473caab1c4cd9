"""How sure an alpha is. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping

from annotation.quality.alpha import Level, alpha_explained


def alpha_interval(
    patterns: Mapping[tuple[str, ...], int], level: Level = "nominal", z: float = 1.96
) -> tuple[float, float] | None:
    """95 % interval of alpha over items, by the delete-one jackknife; None where alpha, or that
    without some item, is undefined.

    Args:
        patterns: as ``alpha_explained`` takes them; leaving an item out is leaving its pattern
            out once, so there are as many alphas to compute as patterns.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 11.
    """
    pairable = {answers: n for answers, n in patterns.items() if len(answers) >= 2 and n}
    whole = alpha_explained(pairable, level).alpha.value
    without = {
        answers: alpha_explained({**pairable, answers: n - 1}, level).alpha.value
        for answers, n in pairable.items()
    }
    values = {answers: value for answers, value in without.items() if value is not None}
    n_items = sum(pairable.values())
    if whole is None or n_items < 2 or len(values) < len(without):
        return None
    mean = sum(pairable[answers] * value for answers, value in values.items()) / n_items
    spread = sum(pairable[answers] * (value - mean) ** 2 for answers, value in values.items())
    error = z * math.sqrt((n_items - 1) / n_items * spread)
    return whole - error, min(1.0, whole + error)

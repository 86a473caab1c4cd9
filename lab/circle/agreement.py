"""Agreement of real raters from their grades, and the rater-vs-rater ceiling. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import krippendorff
import numpy as np

TIERS = (4, 3, 2, 1)


def alpha_of_grades(grades: Sequence[Sequence[int]]) -> float:
    """Krippendorff's ordinal alpha of items x raters, every cell filled."""
    matrix = np.asarray(grades, dtype=float).T
    return float(krippendorff.alpha(reliability_data=matrix, level_of_measurement="ordinal"))


def rater_ceiling(grades: Sequence[Sequence[int]]) -> dict[str, float]:
    """Mean macro F1 and quadratic kappa of each rater against each other, tiers 1-4."""
    columns = np.asarray(grades, dtype=int).T
    pairs = list(permutations(range(len(columns)), 2))
    f1 = [macro_f1(columns[a], columns[b]) for a, b in pairs]
    kappa = [quadratic_kappa(columns[a], columns[b]) for a, b in pairs]
    return {"macro_f1": float(np.mean(f1)), "kappa_quadratic": float(np.mean(kappa))}


def macro_f1(truth: np.ndarray, answers: np.ndarray) -> float:
    """Mean F1 over the tiers that occur in either column."""
    scores = []
    for tier in TIERS:
        hit = int(np.sum((truth == tier) & (answers == tier)))
        miss = int(np.sum((truth == tier) != (answers == tier)))
        if hit or miss:
            scores.append(2 * hit / (2 * hit + miss))
    return float(np.mean(scores)) if scores else 0.0


def quadratic_kappa(truth: np.ndarray, answers: np.ndarray) -> float:
    """Cohen's kappa with squared weights; 1.0 when both are constant and equal."""
    observed = float(np.mean((truth - answers) ** 2))
    expected = float(np.mean((truth[:, None] - answers[None, :]) ** 2))
    return 1.0 if expected == 0 else 1 - observed / expected

"""Temperature scaling (Guo et al. 2017): one number that makes P(correct) mean what it says. A
small model that has seen a few hundred labels twice is often right, and too sure of it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

_GRID = np.geomspace(0.25, 16, 97)  # temperatures tried, 6 % apart


def chance(odds: float, temperature: float = 1.0) -> float:
    """P(correct) = 1 / (1 + exp(-odds / temperature)), in (0, 1) for any finite odds."""
    scaled = odds / temperature
    if scaled >= 0:
        return 1 / (1 + math.exp(-scaled))
    return 1 - 1 / (1 + math.exp(scaled))


def log_odds(share: float) -> float:
    """log(p / (1 - p)), with p kept away from 0 and 1."""
    share = min(max(share, 1e-3), 1 - 1e-3)
    return math.log(share / (1 - share))


def fit_temperature(odds: Sequence[float], truths: Sequence[bool]) -> float:
    """The temperature with the least log loss; 1 without rows of both verdicts."""
    if len(set(truths)) < 2:
        return 1.0
    signed = np.where(np.asarray(truths), 1.0, -1.0) * np.asarray(odds, dtype=np.float64)
    losses = [float(np.logaddexp(0, -signed / t).mean()) for t in _GRID]
    return float(_GRID[int(np.argmin(losses))])


def cross_fitted(
    odds: Sequence[float], truths: Sequence[bool], folds: Sequence[int]
) -> list[float]:
    """P(correct) of each row with the temperature of the rows in the other folds, so that the
    calibration that is reported was not fitted on what it is measured on."""
    temperature = {}
    for fold in set(folds):
        others = [i for i, own in enumerate(folds) if own != fold]
        temperature[fold] = fit_temperature(
            [odds[i] for i in others], [truths[i] for i in others]
        )
    return [chance(o, temperature[fold]) for o, fold in zip(odds, folds, strict=True)]

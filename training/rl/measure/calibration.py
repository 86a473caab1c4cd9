"""What makes P(correct) mean what it says: a temperature (Guo et al. 2017) or a monotone line
(isotonic regression, Zadrozny and Elkan 2002). A small model that has seen a few hundred labels
twice is often right, and too sure of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from sklearn.isotonic import IsotonicRegression

Method = Literal["temperature", "isotonic"]

_GRID = np.geomspace(0.25, 16, 97)  # temperatures tried, 6 % apart
_EDGE = 1e-3  # a share that was always or never seen is still not certain


@dataclass(frozen=True, slots=True)
class Calibration:
    """Log odds of "correct" to P(correct). ``knots`` are (log odds, P) in rising order; with
    them P is read off the line between two knots and the temperature is not used."""

    temperature: float = 1.0
    knots: tuple[tuple[float, float], ...] = ()

    def chance(self, odds: float) -> float:
        """P(correct), in [0, 1]."""
        if not self.knots:
            return chance(odds, self.temperature)
        places, shares = zip(*self.knots, strict=True)
        return float(np.interp(odds, places, shares))

    def facts(self) -> dict[str, Any]:
        """What stepwise.json keeps."""
        return {"temperature": self.temperature, "knots": [list(knot) for knot in self.knots]}

    @classmethod
    def of_facts(cls, facts: dict[str, Any]) -> Self:
        """The inverse of :meth:`facts`; absent keys leave the odds as they are."""
        knots = tuple((float(x), float(y)) for x, y in facts.get("knots", []))
        return cls(float(facts.get("temperature", 1.0)), knots)


def chance(odds: float, temperature: float = 1.0) -> float:
    """P(correct) = 1 / (1 + exp(-odds / temperature)), in (0, 1) for any finite odds."""
    scaled = odds / temperature
    if scaled >= 0:
        return 1 / (1 + math.exp(-scaled))
    return 1 - 1 / (1 + math.exp(scaled))


def log_odds(share: float) -> float:
    """log(p / (1 - p)), with p kept away from 0 and 1."""
    share = min(max(share, _EDGE), 1 - _EDGE)
    return math.log(share / (1 - share))


def calibrate(
    odds: Sequence[float], truths: Sequence[bool], method: Method = "temperature"
) -> Calibration:
    """The calibration of ``method``; none (temperature 1) without rows of both verdicts."""
    if len(set(truths)) < 2:
        return Calibration()
    if method == "isotonic":
        return Calibration(knots=_isotonic(odds, truths))
    return Calibration(fit_temperature(odds, truths))


def fit_temperature(odds: Sequence[float], truths: Sequence[bool]) -> float:
    """The temperature with the least log loss; 1 without rows of both verdicts."""
    if len(set(truths)) < 2:
        return 1.0
    signed = np.where(np.asarray(truths), 1.0, -1.0) * np.asarray(odds, dtype=np.float64)
    losses = [float(np.logaddexp(0, -signed / t).mean()) for t in _GRID]
    return float(_GRID[int(np.argmin(losses))])


def cross_fitted(
    odds: Sequence[float],
    truths: Sequence[bool],
    folds: Sequence[int],
    method: Method = "temperature",
) -> list[float]:
    """P(correct) of each row with the calibration of the rows in the other folds, so that what
    is reported was not fitted on what it is measured on."""
    fitted = {}
    for fold in set(folds):
        others = [i for i, own in enumerate(folds) if own != fold]
        fitted[fold] = calibrate([odds[i] for i in others], [truths[i] for i in others], method)
    return [fitted[fold].chance(o) for o, fold in zip(odds, folds, strict=True)]


def _isotonic(odds: Sequence[float], truths: Sequence[bool]) -> tuple[tuple[float, float], ...]:
    model = IsotonicRegression(y_min=_EDGE, y_max=1 - _EDGE, out_of_bounds="clip")
    model.fit(np.asarray(odds, dtype=np.float64), np.asarray(truths, dtype=np.float64))
    pairs = zip(model.X_thresholds_, model.y_thresholds_, strict=True)
    return tuple((float(x), float(y)) for x, y in pairs)

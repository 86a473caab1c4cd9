"""ProcessBench (Zheng et al. 2024): does a critic find the first wrong step of a solution, and
does it let a solution without one pass? Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

THRESHOLD = 0.5  # a step below it is called wrong
Tally = NDArray[np.int64]  # (4,): with an error, of these found; without one, of these passed


def first_error(verdicts: Sequence[bool]) -> int | None:
    """The place of the first wrong step, from 0; None if there is none."""
    return next((place for place, right in enumerate(verdicts) if not right), None)


def tally(solutions: Sequence[tuple[Sequence[bool], Sequence[float]]]) -> Tally:
    """Counts over solutions, each (verdicts, P(correct)) of all its steps in order."""
    counts = np.zeros(4, dtype=np.int64)
    for verdicts, chances in solutions:
        truth = first_error(verdicts)
        claimed = first_error([p >= THRESHOLD for p in chances])
        place = 0 if truth is not None else 2
        counts[place : place + 2] += (1, truth == claimed)
    return counts


def processbench(counts: Tally) -> dict[str, Any]:
    """``erroneous`` = share of the solutions with an error whose first one is found exactly,
    ``correct`` = share of the others that are passed, ``f1`` = their harmonic mean; None
    without solutions of the kind it needs."""
    bad, located, good, passed = (int(count) for count in counts)
    wrong = located / bad if bad else None
    right = passed / good if good else None
    return {
        "n": bad + good,
        "n_erroneous": bad,
        "erroneous": wrong,
        "correct": right,
        "f1": _harmonic(wrong, right),
    }


def _harmonic(first: float | None, second: float | None) -> float | None:
    if first is None or second is None:
        return None
    return 2 * first * second / (first + second) if first + second else 0.0

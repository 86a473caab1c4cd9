"""Everybody's error rates and every item's truth from labels alone. Pure; numpy only.

Source: A. P. Dawid and A. M. Skene, Maximum likelihood estimation of observer error-rates using
the EM algorithm, Applied Statistics 28 (1979), 20-28. Equations are numbered as there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]
_Name = TypeVar("_Name", int, str, tuple[int, str])
_LEAST = 1e-10  # no probability is zero, or one label would rule a truth out for ever


@dataclass(frozen=True, slots=True)
class Estimate:
    """For I items, K classes and R different (annotator, class) pairs that occur in the labels.

    ``items`` (I), ``classes`` (K) and ``pairs`` (R) name the rows and columns, each sorted.
    ``posteriors`` (I, K): P(truth | labels), a row sums to 1.
    ``priors`` (K): P(truth), sums to 1.
    ``errors`` (R, K): P(the pair's annotator names the pair's class | truth); for each
    annotator and truth the pairs sum to 1. A class that an annotator never named has no pair.
    """

    items: Sequence[int]
    classes: Sequence[str]
    pairs: Sequence[tuple[int, str]]
    posteriors: Floats
    priors: Floats
    errors: Floats


def estimate(
    labels: Sequence[tuple[int, int, str]], *, iterations: int = 100, tolerance: float = 1e-5
) -> Estimate:
    """Maximum likelihood by EM from (item, annotator, class) rows, started at the vote shares.

    Stops after ``iterations``, or when the log likelihood a label grows by less than
    ``tolerance``. The order of the rows does not matter; an annotator may label an item twice.
    Raises ValueError without labels, or with less than one iteration.
    """
    if not labels:
        raise ValueError("No labels: error rates need at least one (item, annotator, class).")
    if iterations < 1:
        raise ValueError(f"iterations is {iterations}; give 1 or more.")
    items, item = _indexed([row[0] for row in labels])
    classes, named = _indexed([row[2] for row in labels])
    pairs, pair = _indexed([(row[1], row[2]) for row in labels])
    _, annotator = _indexed([person for person, _ in pairs])

    votes = np.zeros((len(items), len(classes)))
    np.add.at(votes, (item, named), 1.0)
    posteriors = votes / votes.sum(axis=1, keepdims=True)
    priors, errors = _maximize(posteriors, item, pair, annotator)
    before = -np.inf
    for _ in range(iterations):
        posteriors, likelihood = _expect(priors, errors, item, pair, len(items))
        priors, errors = _maximize(posteriors, item, pair, annotator)
        if likelihood - before < tolerance * len(labels):
            break
        before = likelihood
    return Estimate(items, classes, pairs, posteriors, priors, errors)


def _expect(
    priors: Floats, errors: Floats, item: Indices, pair: Indices, n_items: int
) -> tuple[Floats, float]:
    """Equation 2.5, in logarithms: posteriors (I, K), and the log likelihood of the labels."""
    logs = np.tile(np.log(np.maximum(priors, _LEAST)), (n_items, 1))
    np.add.at(logs, item, np.log(errors)[pair])
    top = logs.max(axis=1, keepdims=True)
    weights = np.exp(logs - top)
    totals = weights.sum(axis=1, keepdims=True)
    return weights / totals, float((top + np.log(totals)).sum())


def _maximize(
    posteriors: Floats, item: Indices, pair: Indices, annotator: Indices
) -> tuple[Floats, Floats]:
    """Equations 2.3 and 2.4: priors (K) and errors (R, K)."""
    counts = np.zeros((len(annotator), posteriors.shape[1]))
    np.add.at(counts, pair, posteriors[item])
    counts = np.maximum(counts, _LEAST)
    totals = np.zeros((annotator.max() + 1, posteriors.shape[1]))
    np.add.at(totals, annotator, counts)
    return posteriors.mean(axis=0), counts / totals[annotator]


def _indexed(names: Sequence[_Name]) -> tuple[list[_Name], Indices]:
    """The different names, sorted, and the place of each given one among them."""
    different = sorted(set(names))
    place = {name: i for i, name in enumerate(different)}
    return different, np.array([place[name] for name in names], dtype=np.intp)

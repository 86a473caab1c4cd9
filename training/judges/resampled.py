"""Measures of a reward model on every resample of the queries at once. Pure; numpy only.

Accuracy, AUC, ECE and ProcessBench F1 are those of ``training.rl.measure``.
They are made of sums over queries, so resampling them is one matrix product.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from annotation.cot.steps import StepKind
from training.scoring.priority import THRESHOLD

Floats = NDArray[np.float64]
_BINS = 10


@dataclass(frozen=True, slots=True)
class GoldStep:
    """A step with a person's verdict and P(correct) of both models; ``champion`` is None in
    all of them where no model is in charge. A rollout's steps follow each other, in the order
    of its text."""

    query: str
    rollout: int
    kind: int
    correct: bool
    candidate: float
    champion: float | None = None


def weights(count: int, draws: int, seed: int = 0) -> Floats:
    """(1 + draws, count): how often a resample has each query; row 0 is the data as it is."""
    chosen = np.random.default_rng(seed).integers(0, count, size=(draws, count))
    places = chosen + count * np.arange(draws)[:, None]
    drawn = np.bincount(places.ravel(), minlength=draws * count).reshape(draws, count)
    return np.vstack([np.ones((1, count)), drawn])


@dataclass(frozen=True, slots=True)
class Judged:
    """One model's P(correct) of the gold steps; every method gives (R,): its measure on each of
    the R resamples, NaN where it is undefined."""

    steps: Sequence[GoldStep]
    p: Floats  # (N,)
    right: Floats  # (N,) 1 where people say correct
    query: NDArray[np.int64]  # (N,) column of the weights
    resamples: Floats  # (R, Q)

    @classmethod
    def of(
        cls, steps: Sequence[GoldStep], chances: Sequence[float], resamples: Floats
    ) -> Judged:
        places = {name: at for at, name in enumerate(dict.fromkeys(s.query for s in steps))}
        return cls(
            steps,
            np.asarray(chances, dtype=np.float64),
            np.asarray([step.correct for step in steps], dtype=np.float64),
            np.asarray([places[step.query] for step in steps], dtype=np.int64),
            resamples,
        )

    def accuracy(self) -> Floats:
        return self._share((self.p >= THRESHOLD) == (self.right == 1))

    def majority(self) -> Floats:
        """The commoner verdict's share."""
        correct = self._share(self.right)
        majority: Floats = np.maximum(correct, 1 - correct)
        return majority

    def ece(self) -> Floats:
        bins = np.minimum((self.p * _BINS).astype(int), _BINS - 1)
        gaps = [np.abs(self._sum((self.p - self.right) * (bins == b))) for b in range(_BINS)]
        total: Floats = np.sum(gaps, axis=0)
        return total / self._sum(np.ones_like(self.p))

    def processbench_f1(self) -> Floats:
        """Over the rollouts that people judged on all five steps."""
        rows = np.zeros((4, len(self.p)))  # counted at the first step of a rollout
        for places in self._whole():
            truth = _first_wrong(self.right[places] == 1)
            claimed = _first_wrong(self.p[places] >= THRESHOLD)
            clean = truth == len(places)
            rows[2 * clean, places[0]] = 1
            rows[2 * clean + 1, places[0]] = truth == claimed
        bad, located, good, passed = (self._sum(row) for row in rows)
        wrong, fine = _ratio(located, bad), _ratio(passed, good)
        both = _ratio(2 * wrong * fine, wrong + fine)
        return np.where(wrong + fine == 0, 0.0, both)

    def auc(self) -> Floats:
        """P(a right step scores above a wrong one), a tie counts half.

        The pairs that are in order are counted once for every two queries.
        """
        good, bad = (np.flatnonzero(self.right == verdict) for verdict in (1, 0))
        above = np.sign(self.p[good][:, None] - self.p[bad][None, :]) / 2 + 0.5
        columns = np.eye(self.resamples.shape[1])[self.query]
        in_order = columns[good].T @ above @ columns[bad]
        times_good, times_bad = (self.resamples @ columns[side].sum(0) for side in (good, bad))
        won = ((self.resamples @ in_order) * self.resamples).sum(1)
        return _ratio(won, times_good * times_bad)

    def _whole(self) -> Iterator[list[int]]:
        for _rollout, group in groupby(
            range(len(self.steps)), lambda place: self.steps[place].rollout
        ):
            places = list(group)
            if len(places) == len(StepKind):
                yield places

    def _sum(self, row: NDArray[np.generic]) -> Floats:
        by_query = np.bincount(
            self.query, row.astype(np.float64), minlength=self.resamples.shape[1]
        )
        return self.resamples @ by_query

    def _share(self, row: NDArray[np.generic]) -> Floats:
        return self._sum(row) / self._sum(np.ones_like(self.p))


def _first_wrong(verdicts: NDArray[np.bool_]) -> int:
    """The place of the first step that is not right; their number if there is none."""
    wrong = np.flatnonzero(~verdicts)
    return int(wrong[0]) if len(wrong) else len(verdicts)


def _ratio(above: Floats, below: Floats) -> Floats:
    """NaN where nothing is below."""
    return np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0)

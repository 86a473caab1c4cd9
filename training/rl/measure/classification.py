"""Classification measures on tiers; every definition is hand-checked in tests. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from annotation.cot.steps import VALUES, StepKind

TIERS = VALUES[StepKind.FINAL]  # "4", "3", "2", "1": the order of rows and columns
UNREAD = len(TIERS)  # the column of a prediction that could not be read

Counts = NDArray[np.int64]


def count_table(truths: Sequence[str], predictions: Sequence[str | None]) -> Counts:
    """(4, 5): rows truth 4..1, columns prediction 4..1 and, last, unreadable."""
    table = np.zeros((len(TIERS), len(TIERS) + 1), dtype=np.int64)
    for truth, prediction in zip(truths, predictions, strict=True):
        column = UNREAD if prediction is None else TIERS.index(prediction)
        table[TIERS.index(truth), column] += 1
    return table


def class_f1(table: Counts) -> list[float]:
    """F1 of tiers 4..1 as 2 TP / (rows + columns); 0 for a tier seen in neither."""
    square = table[:, :UNREAD]
    total = table.sum(1) + square.sum(0)
    hits = np.diag(square)
    return [float(2 * h / t) if t else 0.0 for h, t in zip(hits, total, strict=True)]


def macro_f1(table: Counts) -> float:
    """Mean F1 over the tiers that occur in truth or prediction; 0 for no rows."""
    square = table[:, :UNREAD]
    occurs = (table.sum(1) + square.sum(0)) > 0
    scores = [f1 for f1, seen in zip(class_f1(table), occurs, strict=True) if seen]
    return float(np.mean(scores)) if scores else 0.0


def good_f1(table: Counts) -> float:
    """F1 of "Good" (tier 4 or 3) against the rest."""
    hits = int(table[:2, :2].sum())
    total = int(table[:2].sum() + table[:, :2].sum())
    return 2 * hits / total if total else 0.0


def accuracy(table: Counts) -> float:
    """Share of rows whose prediction is the truth; an unreadable one is wrong."""
    total = int(table.sum())
    return float(np.trace(table[:, :UNREAD]) / total) if total else 0.0


def kappa_quadratic(table: Counts) -> float | None:
    """Cohen's kappa with quadratic weights over the readable predictions; None where
    undefined (no rows, or chance leaves nothing to disagree about)."""
    square = table[:, :UNREAD].astype(float)
    total = square.sum()
    if not total:
        return None
    index = np.arange(len(TIERS))
    weights = (index[:, None] - index[None, :]) ** 2
    expected = np.outer(square.sum(1), square.sum(0)) / total
    chance = float((weights * expected).sum())
    if chance == 0:
        return None
    return 1 - float((weights * square).sum()) / chance

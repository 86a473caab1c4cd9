"""How well a reward model tells right steps from wrong ones. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from annotation.steps import StepKind

BINS = 10


def rm_report(
    kinds: Sequence[StepKind], chances: Sequence[float], truths: Sequence[bool]
) -> dict[str, Any]:
    """Metrics over all steps and by kind; see :func:`binary_metrics`."""
    rows = list(zip(kinds, chances, truths, strict=True))
    by_kind = {
        str(int(kind)): binary_metrics(
            [p for k, p, _ in rows if k is kind], [t for k, _, t in rows if k is kind]
        )
        for kind in StepKind
        if kind in kinds
    }
    return {**binary_metrics(chances, truths), "by_kind": by_kind}


def binary_metrics(chances: Sequence[float], truths: Sequence[bool]) -> dict[str, Any]:
    """``n``, ``accuracy`` (P >= 0.5), ``majority`` (the commoner verdict's share),
    ``balanced_accuracy`` (mean recall of the two verdicts; None if only one occurs), ``auc``
    (probability that a right step scores above a wrong one; None likewise), ``ece``."""
    n = len(truths)
    if not n:
        return {"n": 0, "accuracy": None, "majority": None, "balanced_accuracy": None,
                "auc": None, "ece": None}  # fmt: skip
    right = sum((p >= 0.5) == t for p, t in zip(chances, truths, strict=True))
    positives = sum(truths)
    return {
        "n": n,
        "accuracy": right / n,
        "majority": max(positives, n - positives) / n,
        "balanced_accuracy": _balanced(chances, truths),
        "auc": _auc(chances, truths),
        "ece": expected_calibration_error(chances, truths),
    }


def expected_calibration_error(chances: Sequence[float], truths: Sequence[bool]) -> float:
    """Sum over 10 equal bins of P of (share of rows) x |mean P - share correct|
    (Guo et al. 2017); 0 for no rows."""
    total = len(truths)
    error = 0.0
    for index in range(BINS):
        inside = [
            (p, t)
            for p, t in zip(chances, truths, strict=True)
            if min(int(p * BINS), BINS - 1) == index
        ]
        if inside:
            gap = sum(p for p, _ in inside) - sum(t for _, t in inside)
            error += abs(gap) / total
    return error


def _balanced(chances: Sequence[float], truths: Sequence[bool]) -> float | None:
    recalls = []
    for verdict in (True, False):
        said = [(p >= 0.5) == t for p, t in zip(chances, truths, strict=True) if t is verdict]
        if not said:
            return None
        recalls.append(sum(said) / len(said))
    return sum(recalls) / 2


def _auc(chances: Sequence[float], truths: Sequence[bool]) -> float | None:
    good = [p for p, t in zip(chances, truths, strict=True) if t]
    bad = [p for p, t in zip(chances, truths, strict=True) if not t]
    if not good or not bad:
        return None
    wins = sum((g > b) + 0.5 * (g == b) for g in good for b in bad)
    return wins / (len(good) * len(bad))

"""A campaign's cells as curves, and what they say of labels. Pure but for reading files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats  # type: ignore[import-untyped]

from lab.campaign.plan import CampaignPlan
from training.job.files import read_json
from training.job.folder import MOMENTS, evaluation_file

Curve = list[tuple[int, float]]  # labels, macro F1
Values = NDArray[np.float64]  # one a seed
BASELINE = "random"
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Paired:
    """The mean over seeds of one order minus another, with the interval of a paired t; None of
    a single seed."""

    mean: float
    interval: tuple[float, float] | None

    def body(self) -> dict[str, Any]:
        return {"mean": self.mean, "interval": self.interval}


def report(
    out: Path, plan: CampaignPlan, seeds: Sequence[int], targets: Sequence[float]
) -> dict[str, Any]:
    """Of the orders that have every cell of every seed; the others are named as missing."""
    curves: dict[str, list[Curve]] = {}
    missing = []
    for order in plan.orders:
        try:
            curves[order] = [_curve(out, plan, order, seed) for seed in seeds]
        except FileNotFoundError:
            missing.append(order)
    return {
        "seeds": list(seeds),
        "policy": plan.policy,
        "settings": plan.config.described(),
        "missing": missing,
        "curves": curves,
        "macro_f1": macro_f1(curves),
        "labels_to": {str(target): labels_to(curves, target) for target in targets},
    }


def _curve(out: Path, plan: CampaignPlan, order: str, seed: int) -> Curve:
    folder = out / "cells" / str(seed) / order
    before, after = MOMENTS
    points = [(0, _score(folder / "1" / evaluation_file(before)))]
    for stage in range(1, plan.config.stages + 1):
        score = _score(folder / str(stage) / evaluation_file(after))
        points.append((stage * plan.config.labels, score))
    return points


def _score(path: Path) -> float:
    return float(read_json(path)["macro_f1"])


def macro_f1(curves: Mapping[str, Sequence[Curve]]) -> dict[str, Any]:
    """Each order's mean curve, its mean over the points with labels, and that less random's."""
    rows = {}
    for order, seeds in curves.items():
        scores = np.array([[score for _, score in curve] for curve in seeds])
        over = _over_curve(seeds)
        rows[order] = {
            "labels": [labels for labels, _ in seeds[0]],
            "mean": scores.mean(axis=0).tolist(),
            "over_curve": float(over.mean()),
            **_versus(over, _over_curve(curves[BASELINE]) if BASELINE in curves else None),
        }
    return rows


def labels_to(curves: Mapping[str, Sequence[Curve]], target: float) -> dict[str, Any]:
    """Labels until a curve first reaches ``target``, between two points on the straight line.
    A seed that never does counts with all its labels, so that mean is a lower bound."""
    needed = {
        order: [first_reach(curve, target) for curve in seeds]
        for order, seeds in curves.items()
    }
    bounds = {
        order: np.array(
            [
                curve[-1][0] if n is None else n
                for n, curve in zip(needed[order], curves[order], strict=True)
            ],
            dtype=np.float64,
        )
        for order in curves
    }
    return {
        order: {
            "labels": needed[order],
            "reached": sum(n is not None for n in needed[order]),
            "mean": float(bounds[order].mean()),
            **_versus(bounds[order], bounds.get(BASELINE)),
        }
        for order in curves
    }


def first_reach(curve: Curve, target: float) -> float | None:
    """Labels at which the line through the points first comes to ``target``."""
    if curve[0][1] >= target:
        return float(curve[0][0])
    for (left, low), (right, high) in pairwise(curve):
        if high >= target:
            return left + (right - left) * (target - low) / (high - low)
    return None


def paired(values: Values, baseline: Values) -> Paired:
    gaps = values - baseline
    if len(gaps) < 2:
        return Paired(float(gaps.mean()), None)
    half = stats.t.ppf((1 + LEVEL) / 2, len(gaps) - 1) * stats.sem(gaps)
    return Paired(float(gaps.mean()), (float(gaps.mean() - half), float(gaps.mean() + half)))


def _over_curve(seeds: Sequence[Curve]) -> Values:
    """The mean over the points with labels."""
    return np.array([np.mean([score for _, score in curve[1:]]) for curve in seeds])


def _versus(values: Values, baseline: Values | None) -> dict[str, Any]:
    return {} if baseline is None else {f"minus_{BASELINE}": paired(values, baseline).body()}


def table(body: Mapping[str, Any]) -> str:
    """Markdown: a row an order."""
    targets = list(body["labels_to"])
    points = [n for row in list(body["macro_f1"].values())[:1] for n in row["labels"]]
    head = [
        "order",
        *(f"labels to {target}" for target in targets),
        "mean macro F1 over the curve, minus random",
        *(f"{n}" for n in points),
    ]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for order, row in body["macro_f1"].items():
        cells = [order]
        for target in targets:
            reach = body["labels_to"][target][order]
            gap = _gap(reach.get(f"minus_{BASELINE}"), ".1f")
            cells.append(
                f"{reach['mean']:.1f} ({reach['reached']}/{len(reach['labels'])}){gap}"
            )
        cells.append(f"{row['over_curve']:.3f}{_gap(row.get(f'minus_{BASELINE}'), '.3f')}")
        cells += [f"{score:.3f}" for score in row["mean"]]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _gap(body: Mapping[str, Any] | None, form: str) -> str:
    if body is None or body["interval"] is None:
        return ""
    low, high = (f"{end:+{form}}" for end in body["interval"])
    return f", {body['mean']:+{form}} [{low}, {high}]"

"""How well a reward model tells right steps from wrong ones, with people's verdicts as truth.
Pure."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.cot.steps import StepKind
from training.rl.measure.bootstrap import percentiles
from training.rl.measure.processbench import Tally, processbench, tally

BINS = 10
Floats = NDArray[np.float64]
Measure = Callable[[Floats, Floats], float | None]


@dataclass(frozen=True, slots=True)
class MeasuredStep:
    """One step of a held-out rollout: the person's verdict and the model's P(correct), NaN
    where it could not read the step. Steps of a rollout come in the order of its text."""

    query: str
    rollout: str
    kind: StepKind
    correct: bool
    p: float


@dataclass(frozen=True, slots=True)
class _Query:
    """P and verdict of every step of one query, (N,) each, and its ProcessBench counts."""

    p: Floats
    t: Floats
    counts: Tally


def rm_report(steps: Sequence[MeasuredStep], draws: int = 0) -> dict[str, Any]:
    """Measures over all steps and by kind (:func:`binary_metrics`), ``processbench``,
    ``unread`` (steps left out because the model could not read them), and with ``draws``
    ``intervals``: 95 %, by bootstrap over queries."""
    read = [step for step in steps if not math.isnan(step.p)]
    body: dict[str, Any] = {
        **_measures(read),
        "unread": len(steps) - len(read),
        "processbench": processbench(_counts(read)),
        "by_kind": {
            str(int(kind)): _measures([step for step in read if step.kind is kind])
            for kind in StepKind
            if any(step.kind is kind for step in read)
        },
    }
    if draws and read:
        draws_by_name = _resampled([_by_query(read)], draws)
        body["intervals"] = {
            name: _interval([v[0] for v in rows]) for name, rows in draws_by_name.items()
        }
    return body


def rm_change(
    before: Sequence[MeasuredStep], after: Sequence[MeasuredStep], draws: int
) -> dict[str, Any]:
    """By measure ``delta`` (after - before) and its 95 % ``interval``, the same resampled
    queries on both sides. Both must be about the same steps."""
    sides = [_by_query(before), _by_query(after)]
    if list(sides[0]) != list(sides[1]):
        raise ValueError("before and after must cover the same queries")
    first, second = (_headline(list(side.values())) for side in sides)
    draws_by_name = _resampled(sides, draws)
    return {
        name: {
            "delta": _less(second[name], first[name]),
            "interval": _interval([_less(new, old) for old, new in draws_by_name[name]]),
        }
        for name in first
    }


def binary_metrics(chances: Sequence[float], truths: Sequence[bool]) -> dict[str, Any]:
    """``n``, ``accuracy`` (P >= 0.5), ``majority`` (the commoner verdict's share),
    ``balanced_accuracy`` (mean recall of the two verdicts; None if only one occurs), ``auc``
    (probability that a right step scores above a wrong one; None likewise), ``ece``,
    ``kappa`` (Cohen's, model against person; None where chance explains everything)."""
    p, t = np.asarray(chances, dtype=np.float64), np.asarray(truths, dtype=np.float64)
    n = len(t)
    majority = max(float(t.mean()), 1 - float(t.mean())) if n else None
    return {
        "n": n,
        "majority": majority,
        **{name: measure(p, t) if n else None for name, measure in MEASURES.items()},
    }


def accuracy(p: Floats, t: Floats) -> float:
    """Share of steps on whose right side of 0.5 the model is."""
    return float(((p >= 0.5) == (t == 1)).mean())


def balanced_accuracy(p: Floats, t: Floats) -> float | None:
    """Mean recall of the two verdicts; None if only one occurs."""
    recalls = [((p >= 0.5) == verdict)[t == verdict] for verdict in (True, False)]
    if not all(len(hits) for hits in recalls):
        return None
    return float(np.mean([hits.mean() for hits in recalls]))


def auc(p: Floats, t: Floats) -> float | None:
    """P(a right step scores above a wrong one), a tie counts half; from mean ranks."""
    good = int(t.sum())
    bad = len(t) - good
    if not good or not bad:
        return None
    _, place, counts = np.unique(p, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return float((ranks[t == 1].sum() - good * (good + 1) / 2) / (good * bad))


def expected_calibration_error(p: Floats, t: Floats) -> float:
    """Sum over 10 equal bins of P of (share of rows) x |mean P - share correct|
    (Guo et al. 2017); 0 for no rows."""
    p, t = np.asarray(p, dtype=np.float64), np.asarray(t, dtype=np.float64)
    bins = np.minimum((p * BINS).astype(int), BINS - 1)
    gaps = np.bincount(bins, p, BINS) - np.bincount(bins, t, BINS)
    return float(np.abs(gaps).sum() / len(t)) if len(t) else 0.0


def cohen_kappa(p: Floats, t: Floats) -> float | None:
    """Agreement of model and person beyond chance (Cohen 1960), verdicts at P >= 0.5."""
    claimed = (p >= 0.5).astype(np.float64)
    observed = float((claimed == t).mean())
    expected = float(claimed.mean() * t.mean() + (1 - claimed.mean()) * (1 - t.mean()))
    return None if expected == 1 else (observed - expected) / (1 - expected)


MEASURES: Mapping[str, Measure] = {
    "accuracy": accuracy,
    "balanced_accuracy": balanced_accuracy,
    "auc": auc,
    "ece": expected_calibration_error,
    "kappa": cohen_kappa,
}


def _measures(steps: Sequence[MeasuredStep]) -> dict[str, Any]:
    return binary_metrics([step.p for step in steps], [step.correct for step in steps])


def _counts(steps: Sequence[MeasuredStep]) -> Tally:
    """Over the rollouts that were judged, and could be read, on all their steps."""
    rollouts: dict[tuple[str, str], list[MeasuredStep]] = defaultdict(list)
    for step in steps:
        rollouts[step.query, step.rollout].append(step)
    return tally(
        [
            ([step.correct for step in steps], [step.p for step in steps])
            for steps in rollouts.values()
            if len(steps) == len(StepKind)
        ]
    )


def _by_query(steps: Sequence[MeasuredStep]) -> dict[str, _Query]:
    groups: dict[str, list[MeasuredStep]] = defaultdict(list)
    for step in steps:
        groups[step.query].append(step)
    queries = {}
    for query, members in groups.items():
        read = [step for step in members if not math.isnan(step.p)]
        p = np.array([step.p for step in read], dtype=np.float64)
        t = np.array([step.correct for step in read], dtype=np.float64)
        queries[query] = _Query(p, t, _counts(read))
    return queries


def _headline(queries: Sequence[_Query]) -> dict[str, float | None]:
    """The measures that get intervals, over some queries."""
    p = np.concatenate([query.p for query in queries])
    t = np.concatenate([query.t for query in queries])
    total = np.sum([query.counts for query in queries], axis=0)
    return {
        **{name: measure(p, t) if len(t) else None for name, measure in MEASURES.items()},
        "processbench_f1": processbench(total)["f1"],
    }


def _resampled(
    sides: Sequence[Mapping[str, _Query]], draws: int
) -> dict[str, list[list[float | None]]]:
    """By measure, for each resample of the queries, its value on every side."""
    lists = [list(side.values()) for side in sides]
    count = len(lists[0])
    values_by_name: dict[str, list[list[float | None]]] = defaultdict(list)
    for chosen in np.random.default_rng(0).integers(0, count, size=(draws, count)):
        values = [_headline([queries[index] for index in chosen]) for queries in lists]
        for name in values[0]:
            values_by_name[name].append([value[name] for value in values])
    return values_by_name


def _interval(values: Sequence[float | None]) -> list[float] | None:
    """[low, high] over the resamples in which the measure exists; None if in none."""
    known = [value for value in values if value is not None]
    return percentiles(known) if known else None


def _less(value: float | None, other: float | None) -> float | None:
    return None if value is None or other is None else value - other

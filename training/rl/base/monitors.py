"""What goes wrong quietly in a run, read from its metrics: pure functions of metrics.jsonl.

A measure that a row lacks (None) is left out of its window; a window without any says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

WINDOW = 5  # updates at the start and at the end that are compared
ADVANTAGE = 0.9  # share of groups in which no rollout differs from another: nothing to learn
ENTROPY = 0.2  # of the entropy at the start
DISTINCT = 0.35  # of the distinct lines of reasoning a group had at the start
DRIFT = 0.15  # growth of (reward model's mean - verifier's mean), on the same rollouts

Row = Mapping[str, Any]
Monitor = Callable[[Sequence[Row]], float | None]


@dataclass(frozen=True, slots=True)
class Alarm:
    """``code`` is one of ``MONITORS``; ``value`` is what was compared with ``limit``."""

    code: str
    value: float
    limit: float


def advantage_collapse(rows: Sequence[Row]) -> float | None:
    """Mean share of zero-variance groups over the last updates, in [0, 1]."""
    return _mean(rows[-WINDOW:], "zero_variance") if len(rows) >= WINDOW else None


def entropy_collapse(rows: Sequence[Row]) -> float | None:
    """1 - (entropy of the last updates / entropy of the first ones)."""
    return _lost(rows, "entropy")


def signature_collapse(rows: Sequence[Row]) -> float | None:
    """1 - (distinct lines of reasoning a rollout, last updates / first updates)."""
    return _lost(rows, "distinct")


def rm_drift(rows: Sequence[Row]) -> float | None:
    """How far the reward model's mean score has moved away from the verifier's mean outcome on
    the same rollouts since the first updates: above 0 it praises what people would not."""
    both = [
        {"gap": row["rm_score"] - row["verified"]}
        for row in rows
        if row.get("rm_score") is not None and row.get("verified") is not None
    ]
    if len(both) < 2 * WINDOW:
        return None
    return fmean(r["gap"] for r in both[-WINDOW:]) - fmean(r["gap"] for r in both[:WINDOW])


# code -> (monitor, limit that it must stay under)
MONITORS: dict[str, tuple[Monitor, float]] = {
    "advantage_collapse": (advantage_collapse, ADVANTAGE),
    "entropy_collapse": (entropy_collapse, 1 - ENTROPY),
    "signature_collapse": (signature_collapse, 1 - DISTINCT),
    "rm_drift": (rm_drift, DRIFT),
}


def alarms(rows: Sequence[Row]) -> list[Alarm]:
    """Every monitor at or over its limit after the last of ``rows`` (ordered by update)."""
    raised = []
    for code, (monitor, limit) in MONITORS.items():
        value = monitor(rows)
        if value is not None and value >= limit:
            raised.append(Alarm(code, round(value, 4), limit))
    return raised


def _lost(rows: Sequence[Row], key: str) -> float | None:
    """Share of a measure that is gone; None before two whole windows, or if it began at 0."""
    if len(rows) < 2 * WINDOW:
        return None
    first, last = _mean(rows[:WINDOW], key), _mean(rows[-WINDOW:], key)
    return None if first is None or last is None or first <= 0 else 1 - last / first


def _mean(rows: Sequence[Row], key: str) -> float | None:
    known = [float(row[key]) for row in rows if row.get(key) is not None]
    return fmean(known) if known else None

"""How far a person's answer is expected to move advantages. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from annotation.cot.steps import OPEN_KINDS, VALUES, StepKind
from training.job.advantages import Table, step_advantages
from training.scoring.priority import PairGroup

DEFAULT_SECONDS = 10.0  # a step kind that nobody has judged yet
Prior = Mapping[int, Mapping[str, float]]  # kind -> value -> how often it is true


def expected_change(
    group: PairGroup, row: int, kinds: Sequence[int], prior: Prior, seconds: Mapping[int, float]
) -> float:
    """Sum over the asked steps of sum_v q(v) * mean |A(v) - A(now)|, for each second that the
    answers take; in [0, 4 a step and second].

    A is that of an SRPO update (``training.job.advantages``), the mean over the group's
    rollouts and steps; each step is answered by itself. ``row`` is the rollout that is shown.
    """
    size = len(group.claims)
    masked = [[float("nan")] * len(StepKind)] * size
    rewards = np.array(group.rewards or masked, dtype=np.float64)
    now = step_advantages(rewards, size, guessed=group.guessed)
    moved = 0.0
    for kind in kinds:
        for q, answered in _answers(group, row, kind, rewards, prior.get(kind, {})):
            then = step_advantages(answered, size, guessed=group.guessed - {kind})
            moved += q * float(np.abs(then - now).mean())
    return moved / max(sum(seconds.get(kind, DEFAULT_SECONDS) for kind in kinds), 1.0)


def _answers(
    group: PairGroup, row: int, kind: int, rewards: Table, prior: Mapping[str, float]
) -> Iterator[tuple[float, Table]]:
    """Each answer to a step: its chance, and the rewards once it is given."""
    if kind in OPEN_KINDS:
        if row >= len(group.hashes) or kind not in group.hashes[row]:
            return
        same = [own.get(kind) == group.hashes[row][kind] for own in group.hashes]
        p = group.judged(kind).get(row, 0.5)
        for chance, reward in ((p, 1.0), (1 - p, 0.0)):
            answered = rewards.copy()
            answered[same, kind - 1] = reward
            yield chance, answered
        return
    for value, q in value_chances(group, kind, prior).items():
        answered = rewards.copy()
        for place, claims in enumerate(group.claims):
            if kind in claims:  # one without a claim keeps the 0 of a missing step
                answered[place, kind - 1] = claims[kind] == value
        yield q, answered


def value_chances(group: PairGroup, kind: int, prior: Mapping[str, float]) -> dict[str, float]:
    """q(v), which sums to 1: a claimed value has the reward model's mean P(correct) over the
    rollouts that claim it and were judged; what is left is spread over the other values by how
    often each is true (``prior``; where nothing is known of one, equally)."""
    ps: dict[str, list[float]] = {}
    for row, p in group.judged(kind).items():
        if kind in group.claims[row]:
            ps.setdefault(group.claims[row][kind], []).append(p)
    q = {value: sum(rows) / len(rows) for value, rows in ps.items()}
    claimed = sum(q.values())
    others = [value for value in VALUES[StepKind(kind)] if value not in q]
    if claimed >= 1 or not others:
        return {value: p / claimed for value, p in q.items()} if claimed else {}
    weights = {value: prior.get(value, 0.0) for value in others}
    if not (whole := sum(weights.values())):
        weights, whole = dict.fromkeys(others, 1.0), float(len(others))
    return q | {value: (1 - claimed) * weight / whole for value, weight in weights.items()}

"""pass@N and the preference pairs that it decides (TaoSR1, stage 2). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from typing import Literal

from training.job.types import ScoredRollout
from training.reward.rewards import RIGHT

Origin = Literal["own", "reference", "guided"]


@dataclass(frozen=True, slots=True)
class Preference:
    """``origin`` says where the chosen text comes from."""

    chosen: str
    rejected: str
    origin: Origin


def pass_at(right: int, n: int, k: int) -> float:
    """P(at least one of k draws without replacement from n rollouts is right), of which
    ``right`` are: 1 - C(n - right, k) / C(n, k), the unbiased estimate (Chen et al. 2021).

    Raises:
        ValueError: unless 0 <= right <= n and 1 <= k <= n.
    """
    if not (0 <= right <= n and 1 <= k <= n):
        raise ValueError(f"{right} right of {n}, {k} drawn")
    return 1 - comb(n - right, k) / comb(n, k)


def pass_curve(groups: Sequence[Sequence[float | None]]) -> list[float]:
    """pass@1 .. pass@N over groups of outcomes, N the smallest group; groups without a known
    outcome are left out, an unknown outcome in the others is no right one. [] without groups.
    """
    known = [g for g in groups if any(outcome is not None for outcome in g)]
    if not known:
        return []
    counts = [(sum(o is not None and o >= RIGHT for o in g), len(g)) for g in known]
    return [
        sum(pass_at(right, n, k) for right, n in counts) / len(counts)
        for k in range(1, min(n for _, n in counts) + 1)
    ]


def wrong_rollouts(rollouts: Sequence[ScoredRollout]) -> list[ScoredRollout]:
    """The different ones whose tier is wrong, in order."""
    once = {rollout.text: rollout for rollout in rollouts}
    return [r for r in once.values() if r.outcome is not None and r.outcome < RIGHT]


def preferences(
    rollouts: Sequence[ScoredRollout],
    reference: str | None,
    guided: Sequence[str],
    limit: int,
) -> list[Preference]:
    """At most ``limit`` pairs of one prompt.

    pass@N > 0: the policy's own right rollouts against its own wrong ones (self-correction).
    pass@N = 0: the reference trace against the wrong ones, or without one ``guided[i]``, the
    i-th wrong rollout put right, against that rollout (oracle guidance).
    """
    once = {rollout.text: rollout for rollout in rollouts}
    right = [r for r in once.values() if r.outcome is not None and r.outcome >= RIGHT]
    wrong = wrong_rollouts(rollouts)
    if right:
        pairs = zip(right, wrong, strict=False)
        return [Preference(a.text, b.text, "own") for a, b in pairs][:limit]
    if reference is not None:
        return [Preference(reference, b.text, "reference") for b in wrong[:limit]]
    return [
        Preference(text, b.text, "guided")
        for text, b in zip(guided, wrong, strict=False)
        if text
    ][:limit]

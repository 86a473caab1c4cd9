"""Adaptive guided replay (after TaoSR-AGRL): which groups are replayed, and which of their
rollouts. Pure; the trigger and the share are ours (docs/methods.md)."""

from __future__ import annotations

import math
from collections.abc import Sequence

from training.reward.rewards import RIGHT

# what the final step earned, None = unknown
Outcomes = Sequence[float | None]


def accuracy(outcomes: Outcomes) -> float | None:
    """Share of right answers among those whose truth is known; None if none is."""
    known = [outcome >= RIGHT for outcome in outcomes if outcome is not None]
    return sum(known) / len(known) if known else None


def chosen(outcomes: Outcomes, below: float, share: float) -> list[int]:
    """Places of the rollouts to replay: none while the group's accuracy is above ``below``;
    else wrong ones, the first of them first, at most ceil(share * group).

    A share under 1 leaves wrong rollouts in the group, without which a group that was all
    wrong would become all right and teach as little as before.
    """
    right_share = accuracy(outcomes)
    if right_share is None or right_share > below:
        return []
    wrong = [
        place for place, value in enumerate(outcomes) if value is not None and value < RIGHT
    ]
    return wrong[: math.ceil(share * len(outcomes))]


def zero_variance(groups: Sequence[Outcomes]) -> float:
    """Share of groups whose known outcomes are all the same: GRPO learns nothing from them."""
    dead = sum(len({value for value in group if value is not None}) < 2 for group in groups)
    return dead / len(groups) if groups else 0.0

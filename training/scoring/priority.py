"""How much a person's verdict on a step would be worth. Pure."""

from __future__ import annotations

from collections.abc import Sequence

THRESHOLD = 0.5  # P(correct) from which on the model's verdict is "correct"


def uncertainty(p: float) -> float:
    """0 where the reward model is sure, 1 where it tosses a coin: twice the chance that its
    verdict is wrong, if P(correct) is calibrated."""
    return 1 - abs(2 * p - 1)


def shares_changed(ps: Sequence[float]) -> list[float]:
    """For each rollout of a group, at one step: the share of the group's advantages that change
    sign when its verdict does.

    An advantage is positive above the mean reward and negative below (SHE Eq. 6); without
    variance all are 0. A verdict that makes or ends the variance changes them all, others their
    own alone. A group of one has none to compare with; it counts as 1.
    """
    verdicts = [p >= THRESHOLD for p in ps]
    right, size = sum(verdicts), len(verdicts)
    if size == 1:
        return [1.0]
    shares = []
    for verdict in verdicts:
        after = right - 1 if verdict else right + 1
        lonely = right in (0, size) or after in (0, size)
        shares.append(1.0 if lonely else 1 / size)
    return shares

"""How much a person's verdict would be worth. Pure.

The unit is a group: the rollouts of one policy for a pair, which are compared with each other.
A value of steps 3 to 5 is the pair's, so one answer settles that step for the whole group.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from annotation.cot.steps import VALUES, StepKind

THRESHOLD = 0.5  # P(correct) from which on the model's verdict is "correct"


@dataclass(frozen=True, slots=True)
class PairGroup:
    """A row a rollout, in the same order everywhere: the values that it claims, hashes of the
    words of its steps 1 and 2, the reward model's P(correct) of the steps that it judged, and
    the rewards of kinds 1 to 5 that the next run would give, NaN = masked; those of
    ``guessed`` kinds are silver. Of what is empty nothing is known."""

    claims: Sequence[Mapping[int, str]]
    hashes: Sequence[Mapping[int, str]] = ()
    chances: Sequence[Mapping[int, float]] = ()
    rewards: Sequence[Sequence[float]] = ()
    guessed: frozenset[int] = frozenset()

    def judged(self, kind: int) -> dict[int, float]:
        """row -> P(correct) of the step, where the reward model judged it."""
        rows = enumerate(self.chances)
        return {row: chances[kind] for row, chances in rows if kind in chances}


def uncertainty(p: float) -> float:
    """0 where the reward model is sure, 1 where it tosses a coin: twice the chance that its
    verdict is wrong, if P(correct) is calibrated."""
    return 1 - abs(2 * p - 1)


def shares_changed(ps: Sequence[float]) -> list[float]:
    """For each rollout of a group, at one step: the share of the group's advantages that change
    sign when the reward model's verdict on it does, were that verdict the reward.

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


def least_sure(group: PairGroup, row: int, kinds: Sequence[int]) -> float:
    """The uncertainty of a rollout's least sure asked step."""
    judged = [group.judged(kind) for kind in kinds]
    return max((uncertainty(ps[row]) for ps in judged if row in ps), default=0.0)


def flip_risk(group: PairGroup, row: int, kinds: Sequence[int]) -> float:
    """Uncertainty x share of signs at the asked step of a rollout where it is largest."""
    worth = [0.0]
    for kind in kinds:
        ps = group.judged(kind)
        if row in ps:
            share = shares_changed(list(ps.values()))[list(ps).index(row)]
            worth.append(uncertainty(ps[row]) * share)
    return max(worth)


def claim_entropy(group: PairGroup) -> float:
    """The entropy of the group's claimed tiers: 0 = all alike, 1 = all four equally often."""
    final = int(StepKind.FINAL)
    claimed = [claims[final] for claims in group.claims if final in claims]
    shares = [n / len(claimed) for n in Counter(claimed).values()]
    return -sum(p * math.log(p) for p in shares) / math.log(len(VALUES[StepKind.FINAL]))

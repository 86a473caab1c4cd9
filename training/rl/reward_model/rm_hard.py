"""The hard subset: the steps on which a reward model is wrong, or unsure across samples (the
prompts that its reinforcement learning is spent on). Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Hardness = Literal["easy", "unsure", "wrong"]


@dataclass(frozen=True, slots=True)
class HardSubset:
    """``kept`` are places in the examples, in order; ``counts`` says how many were what."""

    kept: list[int]
    counts: dict[Hardness, int]


def hard_subset(right: Sequence[Sequence[bool]]) -> HardSubset:
    """``right[i]`` tells for each sampled verdict on example i whether it was right.

    Always right is easy and dropped, never right is wrong, the rest is unsure.
    """
    grades = [hardness(verdicts) for verdicts in right]
    counts: Counter[Hardness] = Counter({"easy": 0, "unsure": 0, "wrong": 0})
    counts.update(grades)
    return HardSubset([i for i, how in enumerate(grades) if how != "easy"], dict(counts))


def hardness(right: Sequence[bool]) -> Hardness:
    """One example by its sampled verdicts; at least one is needed."""
    if not right:
        raise ValueError("an example needs at least one sampled verdict")
    return "easy" if all(right) else "unsure" if any(right) else "wrong"

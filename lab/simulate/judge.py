"""What a simulated annotator answers, from the truth that the sample holds back. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass

from annotation.cot.steps import HEADINGS, VALUES, StepKind


@dataclass(frozen=True, slots=True)
class HeldTruth:
    """What is true of a pair, and what steps 1-2 would say if they were right.

    ``bodies`` maps kinds 1-2 to the reference text; a kind without one cannot be judged.
    """

    values: dict[StepKind, str]
    bodies: dict[StepKind, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """``value`` is "" for open steps."""

    verdict: str
    value: str = ""


class NoisyJudge:
    """Answers from the held truth and, with probability ``noise``, judges a step wrongly.

    For kinds 3-5 noise replaces the true value by another one, so the verdict follows it;
    for kinds 1-2 it flips the verdict.
    """

    def __init__(self, noise: float, seed: int) -> None:
        if not 0 <= noise < 1:
            raise ValueError(f"noise must be in [0, 1), got {noise}")
        self.noise = noise
        self._random = random.Random(seed)

    def answer(self, kind: StepKind, text: str, claimed: str, truth: HeldTruth) -> Answer:
        """Judge one step; ``text`` is "" for a step that the rollout lacks."""
        slips = self._random.random() < self.noise
        if kind in VALUES:
            value = truth.values[kind]
            if slips:
                value = self._random.choice([v for v in VALUES[kind] if v != value])
            return Answer("correct" if text and value == claimed else "incorrect", value)
        right = bool(text) and same_lines(text, truth.bodies[kind])
        return Answer("correct" if right != (slips and bool(text)) else "incorrect")


def same_lines(left: str, right: str) -> bool:
    """Equal as sets of normalised lines; headings do not count."""
    return _lines(left) == _lines(right)


def _lines(text: str) -> frozenset[str]:
    lines = (" ".join(line.split()).lower() for line in text.splitlines())
    return frozenset(line for line in lines if line and line not in HEADINGS.values())

"""A run's updates rewarded again from its ledger, under another truth, without torch. Pure.

Only the rewards are made anew: the rollouts stay those that the policy wrote, and which prompts
the run saw stays what the truth of that time chose.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from annotation.cot.rules import Rules
from annotation.cot.steps import OPEN_KINDS, Layout, StepKind
from training.job.advantages import (
    Table,
)
from training.job.config import RunConfig
from training.job.ledger import LedgerLine, Placed, Row
from training.job.types import Sample, ScoredRollout
from training.reward.credit import advantages_of, credit_of, is_stepwise, rewards_of
from training.reward.noise import noisy
from training.reward.rewards import HybridRewards
from verifier.truth import TruthTable

SAME = 1e-6
# settings with which another truth would have made other rollouts, not only other rewards
BOUND_TO_TRUTH = ("replay", "dynamic")


@dataclass(frozen=True, slots=True)
class Flip:
    """A step reward that differs; None = masked."""

    rollout: int
    kind: int
    before: float | None
    after: float | None
    source_before: str | None
    source_after: str | None


@dataclass(frozen=True, slots=True)
class Replayed:
    """One group, as it was and as it would be; tables are (G, 5)."""

    placed: Placed
    rollouts: list[ScoredRollout]
    advantages: Table

    @property
    def flips(self) -> list[Flip]:
        line = self.placed.line
        return [
            Flip(row, int(kind), before, reward.value, source, reward.source)
            for row, rollout in enumerate(self.rollouts)
            for kind, reward in rollout.rewards.items()
            for before, source in [(line.rewards[row][kind - 1], line.sources[row][kind - 1])]
            if (before, source) != (reward.value, reward.source)
        ]

    @property
    def change(self) -> Table:
        return self.advantages - stored(self.placed.line.advantages)

    @property
    def moved(self) -> float:
        """Sum of |dA| over the group's steps."""
        return float(np.abs(self.change).sum())

    @property
    def signs(self) -> int:
        """Step advantages whose sign is another."""
        before = stored(self.placed.line.advantages)
        return int((_sign(before) != _sign(self.advantages)).sum())

    @property
    def ranks(self) -> int:
        """Rollouts whose place in the group, by the sum of their advantages, is another."""
        before = stored(self.placed.line.advantages).sum(1)
        return int((_rank(before) != _rank(self.advantages.sum(1))).sum())

    @property
    def unheard(self) -> int:
        """Steps 1 and 2 that people judged then and nobody judges now: the reward model was not
        asked about them, so they are masked."""
        return sum(
            flip.kind in OPEN_KINDS and flip.after is None and flip.source_before != "rm"
            for flip in self.flips
        )


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a run makes advantages of rollouts: its settings, and the layout that it writes."""

    config: RunConfig
    rules: Rules
    layout: Layout

    def refusals(self) -> list[str]:
        """The settings that let only the run's own truth be replayed."""
        return [f"rl.{name}" for name in BOUND_TO_TRUTH if getattr(self.config.rl, name)]

    def groups(
        self, lines: Iterable[Placed], truths: TruthTable, samples: Mapping[str, Sample]
    ) -> Iterator[Replayed]:
        """Every line of the ledger under ``truths``; of ``samples``, the run's train.jsonl by
        pair, only the context is read."""
        config = self.config
        truths, _ = noisy(truths, [], config.rewards.label_noise, config.seed, self.rules)
        judge = rewards_of(config, truths, self.rules, self.layout)
        for placed in lines:
            known = samples[placed.line.pair_id]
            sample = replace(known, truth={}, silver={})  # of the release it was made from
            rollouts = list(_rescored(placed.line, sample, judge))
            yield Replayed(placed, rollouts, self._advantages(placed.line, rollouts))

    def _advantages(self, line: LedgerLine, rollouts: list[ScoredRollout]) -> Table:
        config = self.config
        credit = credit_of(config, self.rules, stepwise=is_stepwise(config))
        credited = [credit(rollout) for rollout in rollouts]
        if line.unfilled:
            credited = [[float("nan")] * 5] * len(rollouts)
        return advantages_of(config, credited, line.group, self.layout)


def stored(table: list[Row]) -> Table:
    """A table of the ledger as numbers; null = NaN."""
    rows: list[list[Any]] = [
        [np.nan if value is None else value for value in row] for row in table
    ]
    return np.array(rows, dtype=np.float64)


def _rescored(
    line: LedgerLine, sample: Sample, judge: HybridRewards
) -> Iterator[ScoredRollout]:
    for row, place in enumerate(line.which):
        chances = {k: p for k, p in zip(StepKind, line.p[row], strict=True) if p is not None}
        cut = line.errors[row] == "cut"
        yield judge.rescore(sample, line.texts[place], cut, chances)


def _sign(table: Table) -> Table:
    sign: Table = np.where(np.abs(table) < SAME, 0.0, np.sign(table))
    return sign


def _rank(sums: Table) -> Table:
    """Place of each, equals sharing the first."""
    rounded = np.round(sums, 6)
    return np.array([(rounded > value).sum() for value in rounded], dtype=np.float64)

"""Offline rejection sampling, diverse sampling and difficulty (SHE section 4.3). Pure.

A prompt that the policy always or never gets right has no outcome signal and is dropped; every
drop has a counted reason.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from annotation.cot.steps import StepKind
from training.job.config import SamplingConfig
from training.job.shuffle import shuffle_key
from training.job.types import Sample, ScoredRollout
from training.reward.rewards import RIGHT
from training.reward.signature import signature

Cell = tuple[str, str]  # query type, tier


@dataclass(frozen=True, slots=True)
class Prompt:
    """A pair with what the policy did on it. ``difficulty`` = 1 - pass rate, in [0, 1];
    ``signatures`` = how many different lines of reasoning were seen."""

    sample: Sample
    difficulty: float
    signatures: int

    @property
    def cell(self) -> Cell:
        truth = self.sample.best(StepKind.FINAL)
        return self.sample.query_type, truth.value if truth else ""


@dataclass(frozen=True, slots=True)
class Selection:
    kept: list[Prompt]
    counts: dict[str, int]  # kept, and dropped by reason


def measure(rollouts: Sequence[ScoredRollout], sample: Sample) -> Prompt | None:
    """Pass rate over the rollouts whose outcome is known; None if there are none."""
    outcomes = [r.outcome for r in rollouts if r.outcome is not None]
    if not outcomes:
        return None
    passed = sum(outcome >= RIGHT for outcome in outcomes)
    kinds = {signature(rollout.text) for rollout in rollouts}
    return Prompt(sample, 1 - passed / len(outcomes), len(kinds))


def select(
    groups: Iterable[tuple[Sample, Sequence[ScoredRollout]]], config: SamplingConfig, seed: int
) -> Selection:
    """Rejection, then diverse sampling down to ``keep_max``; each can be turned off.

    Of the prompts that are always right a share ``keep_mastered`` (of the mixed ones) stays, so
    that what the policy knows keeps being rewarded.
    """
    counts: Counter[str] = Counter()
    mixed, mastered, hopeless = [], [], []
    for sample, rollouts in groups:
        prompt = measure(rollouts, sample)
        if prompt is None:
            counts["dropped_no_truth"] += 1
        elif prompt.difficulty == 1:
            hopeless.append(prompt)
        elif prompt.difficulty == 0:
            mastered.append(prompt)
        else:
            mixed.append(prompt)
    if config.label_balanced:
        everyone = len(mixed)
        mixed = label_balanced(mixed, seed)
        counts["dropped_label_balance"] = everyone - len(mixed)
    cut = diverse if config.diverse else at_random
    if not config.rejection:
        kept = cut(mixed + mastered + hopeless, config.keep_max, seed)
        counts["kept_unfiltered"] = len(kept)
        counts["dropped_over_keep_max"] = len(mixed + mastered + hopeless) - len(kept)
        return Selection(kept, dict(sorted(counts.items())))
    anchors = cut(mastered, int(config.keep_mastered * len(mixed)), seed)
    kept = cut(mixed, max(config.keep_max - len(anchors), 1), seed)
    if hopeless:
        counts["dropped_all_wrong"] = len(hopeless)
    counts["dropped_all_right"] = len(mastered) - len(anchors)
    counts["dropped_over_keep_max"] = len(mixed) - len(kept)
    counts["kept_mixed"], counts["kept_all_right"] = len(kept), len(anchors)
    return Selection(kept + anchors, dict(sorted(counts.items())))


def label_balanced(prompts: Sequence[Prompt], seed: int) -> list[Prompt]:
    """As many prompts of every tier as the rarest has, by a seeded hash: the coefficient of
    variation of the label counts is 0 (TaoSR1's best pool)."""
    tiers: dict[str, list[Prompt]] = defaultdict(list)
    for prompt in sorted(prompts, key=lambda p: shuffle_key(seed, p.sample.pair_id)):
        tiers[prompt.cell[1]].append(prompt)
    size = min(map(len, tiers.values()), default=0)
    return [prompt for tier in sorted(tiers) for prompt in tiers[tier][:size]]


def label_cv(prompts: Sequence[Prompt]) -> float:
    """Coefficient of variation of the counts of the tiers that occur: population deviation /
    mean, 0 = balanced."""
    counts = list(Counter(prompt.cell[1] for prompt in prompts).values())
    if not counts:
        return 0.0
    mean = sum(counts) / len(counts)
    return math.sqrt(sum((n - mean) ** 2 for n in counts) / len(counts)) / mean


def at_random(prompts: Sequence[Prompt], limit: int, seed: int) -> list[Prompt]:
    """At most ``limit`` prompts by a seeded hash: what diverse sampling is compared with."""
    return sorted(prompts, key=lambda p: shuffle_key(seed, p.sample.pair_id))[:limit]


def diverse(prompts: Sequence[Prompt], limit: int, seed: int) -> list[Prompt]:
    """At most ``limit`` prompts, the query type x tier cells taken in turn; within a cell those
    with the most different lines of reasoning first, ties by a seeded hash."""
    cells: dict[Cell, list[Prompt]] = defaultdict(list)
    for prompt in prompts:
        cells[prompt.cell].append(prompt)
    for members in cells.values():
        members.sort(key=lambda p: (-p.signatures, shuffle_key(seed, p.sample.pair_id)))
    chosen: list[Prompt] = []
    for round_ in range(max(map(len, cells.values()), default=0)):
        for cell in sorted(cells):
            if len(chosen) < limit and round_ < len(cells[cell]):
                chosen.append(cells[cell][round_])
    return chosen

"""The records that pass between the stages of a run. Plain data, no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from annotation.cot.steps import StepKind
from training.job.advantages import RIGHT
from training.job.prompts import PairText
from verifier.truth import HUMAN_SOURCES, Truth

RewardSource = Literal[
    "adjudicated", "consensus", "gold", "implied", "silver", "rm", "format", "quote"
]  # fmt: skip


class BadInput(ValueError):
    """The run folder cannot be used as it is; one clear line, exit code 4. ``reason`` is that
    line without the file that it is about, and may be a Wording."""

    def __init__(self, reason: str, where: str = "") -> None:
        super().__init__(f"{where}: {reason}" if where else str(reason))
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Sample:
    """One pair of train.jsonl or eval.jsonl. ``truth`` and ``silver`` hold kinds 3-5; an
    absent kind is unknown. ``context`` is the pair's content hash, which verdicts on texts of
    steps 1-2 are looked up by; "" finds none."""

    pair_id: str
    text: PairText
    query_type: str = ""
    locale: str = ""
    split: str = ""
    truth: Mapping[StepKind, Truth] = field(default_factory=dict)
    silver: Mapping[StepKind, Truth] = field(default_factory=dict)
    context: str = ""

    def best(self, kind: StepKind) -> Truth | None:
        """Verified truth if there is one, else silver, else None."""
        return self.truth.get(kind) or self.silver.get(kind)


@dataclass(frozen=True, slots=True)
class StepReward:
    """``value`` in [0, 1], or None = no reward exists: the step is masked, never 0. ``p`` is
    the reward model's P(correct) where the reward comes from it."""

    value: float | None
    source: RewardSource | None
    reason: str
    p: float | None = None

    @property
    def human(self) -> bool:
        return self.value is not None and self.source in HUMAN_SOURCES

    @property
    def refuted(self) -> bool:
        """Known to be wrong. Silver knows nothing: it guesses, and may reward, but what else
        hangs on the step must not hang on a guess."""
        return self.value is not None and self.value < RIGHT and self.source != "silver"


@dataclass(frozen=True, slots=True)
class ScoredRollout:
    """A rollout with one reward a step kind; ``tier`` is None unless the whole text parses."""

    pair_id: str
    text: str
    parse_error: str | None
    tier: str | None
    rewards: Mapping[StepKind, StepReward]

    def values(self) -> list[float]:
        """Rewards of kinds 1..5 in order, NaN where None: shape (5,)."""
        rewards = [self.rewards[kind].value for kind in StepKind]
        return [float("nan") if value is None else value for value in rewards]

    @property
    def premises_refuted(self) -> bool:
        """Whether step 3 or 4, which the tier rests on, is known to be wrong."""
        return self.rewards[StepKind.CATEGORY].refuted or (
            self.rewards[StepKind.ATTRIBUTE].refuted
        )

    @property
    def outcome(self) -> float | None:
        """The final step's reward: GRPO's scalar, and "right" for rejection sampling."""
        return self.rewards[StepKind.FINAL].value


@dataclass(frozen=True, slots=True)
class LabelledRollout:
    """One line of labels.jsonl: what the reward model learns from."""

    sample: Sample
    rollout_id: str
    steps: tuple[str, ...]  # texts of steps 1..5, headings included
    verdicts: Mapping[StepKind, bool]  # True = correct; unlabelled kinds are absent
    values: Mapping[StepKind, str]

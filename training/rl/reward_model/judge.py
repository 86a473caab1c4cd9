"""What every stepwise reward model shares: prompts in, calibrated P(correct) out."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from annotation.cot.steps import StepKind
from training.job.prompts import PromptVersion
from training.reward.reliable import Kappas
from training.rl.measure.calibration import Calibration


@dataclass(frozen=True, slots=True)
class Score:
    """``odds`` = log odds of "correct" before calibration; ``p`` = P(correct) after it. Both
    are NaN for a prompt that the model cannot read whole."""

    p: float
    odds: float
    critique: str


UNREAD = Score(math.nan, math.nan, "")

# (rows, their scores) as they end
OnBatch = Callable[[list[int], list[Score]], None]


def nobody(rows: list[int], scores: list[Score]) -> None:
    """Nobody waits for the rows."""


@dataclass(slots=True, kw_only=True)
class StepJudge(ABC):
    """Scores steps. ``prompt_version`` is that of the prompts it reads. ``prior_shift`` moves
    the log odds of a kind from the balanced classes of training back to the classes people saw;
    ``calibration`` then makes them a probability; ``kappa`` says how far people agreed with it
    on queries it had not seen."""

    prompt_version: PromptVersion
    batch_size: int = 128
    prior_shift: Mapping[StepKind, float] = field(default_factory=dict)
    calibration: Calibration = field(default_factory=Calibration)
    kappa: Kappas = field(default_factory=dict)

    @abstractmethod
    def review(self, prompts: Sequence[str], on_batch: OnBatch = nobody) -> list[Score]:
        """Critique and P(correct) for each ``rm_prompt``, in order; ``on_batch`` hears of rows
        as they end."""

    def score(self, prompts: Sequence[str]) -> list[float]:
        """P(correct) for each ``rm_prompt``, in order (the StepScorer of rewards.py); NaN,
        which masks the step, for a prompt that is longer than the model's context."""
        return [score.p for score in self.review(prompts)]

    def judged(self, prompt: str, odds: float, critique: str = "") -> Score:
        """The score of a prompt whose raw log odds are ``odds``."""
        odds += self._shift(prompt)
        return Score(self.calibration.chance(odds), odds, critique)

    def _shift(self, prompt: str) -> float:
        kind = kind_of(prompt)
        return 0.0 if kind is None else self.prior_shift.get(kind, 0.0)


def kind_of(prompt: str) -> StepKind | None:
    """The step that an ``rm_prompt`` asks about."""
    last = prompt.rstrip()[-1:]
    return StepKind(int(last)) if last and last in "12345" else None


def judge_facts(judge: StepJudge, **more: Any) -> dict[str, Any]:
    """What stepwise.json keeps of a judge."""
    shift = {str(int(kind)): value for kind, value in judge.prior_shift.items()}
    kappa = {str(int(kind)): value for kind, value in judge.kappa.items()}
    facts = {"role": "rm", "prior_shift": shift, "kappa": kappa, **judge.calibration.facts()}
    return {**facts, **more}


def settings_of(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The inverse of :func:`judge_facts`: keywords of a :class:`StepJudge`."""
    shifts = {StepKind(int(k)): float(v) for k, v in facts.get("prior_shift", {}).items()}
    kappa = {StepKind(int(k)): v for k, v in facts.get("kappa", {}).items()}
    calibration = Calibration.of_facts(dict(facts))
    return {"prior_shift": shifts, "kappa": kappa, "calibration": calibration}

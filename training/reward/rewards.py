"""Hybrid step rewards (SHE Eq. 5): people's truth for steps 3-5, the reward model for 1-2.

What no source can say is None and is masked from the baseline, never 0. The one exception is
a rollout that is not a five-step CoT, or that its token budget ended: it earns 0 on every step
it lacks, and 0 on the final step whatever it says there, because nothing downstream could read
its answer.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from annotation.cot.steps import (
    OPEN_KINDS,
    STRUCTURED_KINDS,
    CotParseError,
    Layout,
    ParsedStep,
    StepKind,
    parse,
    parse_partial,
)
from training.job import advantages
from training.job.prompts import rm_prompt
from training.job.types import Sample, ScoredRollout, StepReward
from verifier.checks import check
from verifier.truth import Truth, TruthTable

RewardMode = Literal["hybrid", "rm_only", "outcome"]
RIGHT = advantages.RIGHT


class StepScorer(Protocol):
    """P(correct) in [0, 1], one for each ``training.job.prompts.rm_prompt``."""

    def score(self, prompts: Sequence[str]) -> list[float]: ...


@dataclass(frozen=True, slots=True)
class HybridRewards:
    """Scores rollouts. ``scorer`` None leaves steps 1-2 masked; ``truths`` (the release)
    comes before the truth that travels with a sample, silver last and only if allowed.

    ``mode`` hybrid is SHE's; rm_only asks the scorer about all five steps and no truth;
    outcome rewards the final step alone and masks the rest. With ``verdicts`` the scorer's
    word counts, 1 or 0, and not its probability: group normalisation stretches whatever
    differs, so that 0.93 against 0.91 would weigh as much as right against wrong."""

    truths: TruthTable
    scorer: StepScorer | None = None
    layout: Layout = "answer_last"
    use_silver: bool = True
    mode: RewardMode = "hybrid"
    verdicts: bool = False

    def score(
        self,
        samples: Sequence[Sample],
        texts: Sequence[str],
        cut: Sequence[bool] | None = None,
    ) -> list[ScoredRollout]:
        """One ScoredRollout a text; ``samples[i]`` is the pair that ``texts[i]`` judges, and
        ``cut[i]`` tells whether its token budget ended it: then it answers nothing."""
        cut = [False] * len(texts) if cut is None else cut
        read = [_read(text, self.layout, over) for text, over in zip(texts, cut, strict=True)]
        prompts = {
            (row, step.kind): rm_prompt(sample.text, _prefix(text, steps, step), step.kind)
            for row, (sample, text, (steps, _)) in enumerate(
                zip(samples, texts, read, strict=True)
            )
            for step in steps
            if step.kind in self._judged_kinds()
        }
        chance = self._chances(list(prompts.values()))
        answered: dict[int, dict[StepKind, float]] = defaultdict(dict)
        for (row, kind), prompt in prompts.items():
            answered[row][kind] = chance[prompt]
        return [
            self._rollout(sample, text, *read[row], answered[row])
            for row, (sample, text) in enumerate(zip(samples, texts, strict=True))
        ]

    def rescore(
        self, sample: Sample, text: str, cut: bool, chances: Mapping[StepKind, float]
    ) -> ScoredRollout:
        """What :meth:`score` gives where the reward model says ``chances``; it is not asked."""
        return self._rollout(sample, text, *_read(text, self.layout, cut), chances)

    def _rollout(
        self,
        sample: Sample,
        text: str,
        steps: Sequence[ParsedStep],
        error: str | None,
        chances: Mapping[StepKind, float],
    ) -> ScoredRollout:
        by_kind = {step.kind: step for step in steps}
        rewards = {
            kind: self._reward(sample, kind, by_kind.get(kind), chances.get(kind), error)
            for kind in StepKind
        }
        tier = by_kind[StepKind.FINAL].value if error is None else None
        return ScoredRollout(sample.pair_id, text, error, tier, rewards)

    def _judged_kinds(self) -> Sequence[StepKind]:
        """The kinds that the reward model is asked about."""
        if self.scorer is None or self.mode == "outcome":
            return ()
        return tuple(StepKind) if self.mode == "rm_only" else OPEN_KINDS

    def _chances(self, prompts: Sequence[str]) -> dict[str, float]:
        # rollouts of one prompt share most of their first steps, so each text is asked once
        unique = list(dict.fromkeys(prompts))
        if self.scorer is None or not unique:
            return {}
        return dict(zip(unique, self.scorer.score(unique), strict=True))

    def _reward(
        self,
        sample: Sample,
        kind: StepKind,
        step: ParsedStep | None,
        p: float | None,
        error: str | None,
    ) -> StepReward:
        if self.mode == "outcome" and kind is not StepKind.FINAL:
            return StepReward(None, None, "only the outcome is rewarded")
        if step is None:
            return StepReward(0.0, "format", f"the step is missing ({error})")
        if kind is StepKind.FINAL and error is not None:
            return StepReward(0.0, "format", f"the answer cannot be read ({error})")
        if kind in OPEN_KINDS or self.mode == "rm_only":
            if p is None or p != p:
                return StepReward(None, None, "no reward model")
            worth = float(p >= RIGHT) if self.verdicts else min(max(p, 0.0), 1.0)
            return StepReward(worth, "rm", "P(correct) of the reward model", p)
        truth = self._truth(sample, kind)
        verdict = check(kind, step.value, truth)
        if verdict.passed is None or truth is None:
            return StepReward(None, None, verdict.reason)
        return StepReward(float(verdict.passed), truth.source, verdict.reason)

    def values(self, sample: Sample) -> dict[StepKind, str]:
        """The true values of steps 3-5 that are known."""
        truths = {kind: self._truth(sample, kind) for kind in STRUCTURED_KINDS}
        return {kind: truth.value for kind, truth in truths.items() if truth is not None}

    def _truth(self, sample: Sample, kind: StepKind) -> Truth | None:
        truth = self.truths.lookup(sample.pair_id, kind) or sample.best(kind)
        if truth is not None and truth.source == "silver" and not self.use_silver:
            return None
        return truth


def gated(rollout: ScoredRollout) -> list[float]:
    """``rollout.values()`` with the final step masked where step 3 or 4 is known to be wrong.

    A tier that is right although its premises are wrong says nothing about the judgment, and
    rewarding it teaches the wrong rule: "related, partly met" misread as "related, all met" and
    answered tier 2 would reward tier 2 for every related product that meets all. A rollout that
    cannot be read keeps its 0.
    """
    values = rollout.values()
    premises = [values[int(kind) - 1] for kind in (StepKind.CATEGORY, StepKind.ATTRIBUTE)]
    if rollout.parse_error is None and any(value < RIGHT for value in premises):
        values[int(StepKind.FINAL) - 1] = float("nan")
    return values


def source_counts(rollouts: Iterable[ScoredRollout]) -> dict[str, int]:
    """How many step rewards came from each source; "none" counts the masked steps."""
    counts = Counter(
        reward.source or "none" for rollout in rollouts for reward in rollout.rewards.values()
    )
    return dict(sorted(counts.items()))


def human_share(counts: dict[str, int]) -> float | None:
    """Share of the step rewards that exist whose source is people; None if none exist."""
    known = sum(count for source, count in counts.items() if source != "none")
    if not known:
        return None
    return (counts.get("adjudicated", 0) + counts.get("consensus", 0)) / known


def _read(text: str, layout: Layout, cut: bool) -> tuple[list[ParsedStep], str | None]:
    try:
        return parse(text, layout, cut=cut), None
    except CotParseError as error:
        return parse_partial(text), error.code


def _prefix(text: str, steps: Sequence[ParsedStep], upto: ParsedStep) -> list[str]:
    return [text[step.start : step.end] for step in steps if step.start <= upto.start]

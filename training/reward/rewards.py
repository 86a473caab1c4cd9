"""Hybrid step rewards (SHE Eq. 5): people's truth for steps 3-5; for 1-2 people's verdict on
the very same text about the same pair, and where nobody gave one the reward model.

What no source can say is None and is masked from the baseline, never 0. The one exception is
a rollout that is not a five-step CoT, or that its token budget ended: it earns 0 on every step
it lacks, and 0 on the final step whatever it says there, because nothing downstream could read
its answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from annotation.cot.quotes import faithful
from annotation.cot.rules import Rules
from annotation.cot.steps import (
    OPEN_KINDS,
    STRUCTURED_KINDS,
    CotParseError,
    Layout,
    ParsedStep,
    StepKind,
    parse,
    parse_partial,
    step_hashes,
)
from training.job import advantages
from training.job.prompts import PromptVersion, rm_prompt
from training.job.types import Sample, ScoredRollout, StepReward
from training.reward.reliable import EVERY, Kappas, doubted
from verifier.checks import check
from verifier.implied import implied_truths
from verifier.truth import VERDICTS, Truth, TruthTable

RewardMode = Literal["hybrid", "rm_only", "outcome", "implied"]
QuoteMode = Literal["off", "after_rm", "before_rm"]
RIGHT = advantages.RIGHT


class StepScorer(Protocol):
    """P(correct) in [0, 1], one for each ``training.job.prompts.rm_prompt`` of its version."""

    @property
    def prompt_version(self) -> PromptVersion: ...

    @property
    def kappa(self) -> Kappas: ...

    def score(self, prompts: Sequence[str]) -> list[float]: ...


@dataclass(frozen=True, slots=True)
class HybridRewards:
    """Scores rollouts. ``scorer`` None leaves steps 1-2 masked that nobody has judged;
    ``truths`` (the release) comes before the truth that travels with a sample, silver last and
    only if allowed, and what the tier implies before it.

    ``mode`` hybrid is SHE's; rm_only asks the scorer about all five steps and no truth;
    outcome rewards the final step alone and masks the rest; implied knows the tier alone, and
    of steps 3 and 4 what ``rules`` says of it. With ``verdicts`` the scorer's
    word counts, 1 or 0, and not its probability: group normalisation stretches whatever
    differs, so that 0.93 against 0.91 would weigh as much as right against wrong. ``reuse``
    False leaves verdicts on texts of steps 1-2 aside: SHE's own way. ``quote`` rewards step 2
    by whether all that it quotes is the product's, where people have not judged it. Of steps
    1-2 the scorer is asked where its kappa reaches ``least_kappa``; rm_only asks about all."""

    truths: TruthTable
    scorer: StepScorer | None = None
    layout: Layout = "answer_last"
    use_silver: bool = True
    mode: RewardMode = "hybrid"
    verdicts: bool = False
    reuse: bool = True
    use_implied: bool = True
    rules: Rules | None = None
    quote: QuoteMode = "off"
    least_kappa: float = EVERY

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
        judged = [
            self._judged(sample, text, steps)
            for sample, text, (steps, _) in zip(samples, texts, read, strict=True)
        ]
        kinds = self._rm_kinds()
        due = {
            (row, step.kind): (sample, _prefix(text, steps, step))
            for row, (sample, text, (steps, _)) in enumerate(
                zip(samples, texts, read, strict=True)
            )
            for step in steps
            if step.kind in kinds and step.kind not in judged[row]
            if self._quote_of(step.kind) != "before_rm"
        }
        answered: dict[int, dict[StepKind, float]] = defaultdict(dict)
        for (row, kind), chance in self._chances(due).items():
            answered[row][kind] = chance
        return [
            self._rollout(sample, text, *read[row], judged[row], answered[row])
            for row, (sample, text) in enumerate(zip(samples, texts, strict=True))
        ]

    def rescore(
        self, sample: Sample, text: str, cut: bool, chances: Mapping[StepKind, float]
    ) -> ScoredRollout:
        """What :meth:`score` gives where the reward model says ``chances``; it is not asked."""
        steps, error = _read(text, self.layout, cut)
        judged = self._judged(sample, text, steps)
        return self._rollout(sample, text, steps, error, judged, chances)

    def _rollout(
        self,
        sample: Sample,
        text: str,
        steps: Sequence[ParsedStep],
        error: str | None,
        judged: Mapping[StepKind, Truth],
        chances: Mapping[StepKind, float],
    ) -> ScoredRollout:
        by_kind = {step.kind: step for step in steps}
        rewards = {
            kind: self._reward(
                sample, kind, by_kind.get(kind), judged.get(kind), chances.get(kind), error
            )
            for kind in StepKind
        }
        tier = by_kind[StepKind.FINAL].value if error is None else None
        return ScoredRollout(sample.pair_id, text, error, tier, rewards)

    def _judged(
        self, sample: Sample, text: str, steps: Sequence[ParsedStep]
    ) -> Mapping[StepKind, Truth]:
        """People's verdicts on these very texts of steps 1-2."""
        if self.mode != "hybrid" or not self.reuse or not sample.context:
            return {}
        chained = self.truths.chained
        hashes = step_hashes(sample.context, text, steps, chained=chained)
        told = {kind: self.truths.step(hashes.get(kind, ""), kind) for kind in OPEN_KINDS}
        return {kind: truth for kind, truth in told.items() if truth is not None}

    def _rm_kinds(self) -> Sequence[StepKind]:
        """The kinds that the reward model is asked about."""
        if self.scorer is None or self.mode in ("outcome", "implied"):
            return ()
        if self.mode == "rm_only":
            return tuple(StepKind)
        left_out = self._doubted()
        return tuple(kind for kind in OPEN_KINDS if kind not in left_out)

    def _doubted(self) -> Kappas:
        kappas = self.scorer.kappa if self.scorer is not None else {}
        return doubted(kappas, self.least_kappa, OPEN_KINDS)

    def _chances(
        self, due: Mapping[tuple[int, StepKind], tuple[Sample, list[str]]]
    ) -> dict[tuple[int, StepKind], float]:
        """What the reward model says of each step, asked in the version that it reads."""
        if self.scorer is None or not due:
            return {}
        version = self.scorer.prompt_version
        prompts = {
            key: rm_prompt(sample.text, seen, key[1], version=version)
            for key, (sample, seen) in due.items()
        }
        # rollouts of one prompt share most of their first steps, so each text is asked once
        unique = list(dict.fromkeys(prompts.values()))
        chance = dict(zip(unique, self.scorer.score(unique), strict=True))
        return {key: chance[prompt] for key, prompt in prompts.items()}

    def _reward(
        self,
        sample: Sample,
        kind: StepKind,
        step: ParsedStep | None,
        told: Truth | None,
        p: float | None,
        error: str | None,
    ) -> StepReward:
        if self.mode == "outcome" and kind is not StepKind.FINAL:
            return StepReward(None, None, "only the outcome is rewarded")
        if step is None:
            return StepReward(0.0, "format", f"the step is missing ({error})")
        if kind is StepKind.FINAL and error is not None:
            return StepReward(0.0, "format", f"the answer cannot be read ({error})")
        if told is not None:
            passed = float(told.value == VERDICTS[0])
            return StepReward(passed, told.source, f"this very text is {told.value}")
        if kind in OPEN_KINDS or self.mode == "rm_only":
            return self._without_truth(sample, kind, step, p)
        truth = self._truth(sample, kind)
        verdict = check(kind, step.value, truth)
        if verdict.passed is None or truth is None:
            return StepReward(None, None, verdict.reason)
        return StepReward(float(verdict.passed), truth.source, verdict.reason)

    def _without_truth(
        self, sample: Sample, kind: StepKind, step: ParsedStep, p: float | None
    ) -> StepReward:
        unscored = p is None or p != p
        if self._quote_of(kind) == "before_rm" or (
            unscored and self._quote_of(kind) == "after_rm"
        ):
            return _quoted(sample, step)
        if p is None or unscored:
            return StepReward(None, None, self._silence(kind))
        worth = float(p >= RIGHT) if self.verdicts else min(max(p, 0.0), 1.0)
        return StepReward(worth, "rm", "P(correct) of the reward model", p)

    def _silence(self, kind: StepKind) -> str:
        """Why no reward model says anything of the step."""
        left_out = self._doubted()
        if self.mode == "rm_only" or kind not in left_out:
            return "no reward model"
        kappa = left_out[kind]
        measured = "is unknown" if kappa is None else f"is {kappa:.2f}"
        return f"the reward model's kappa {measured}, {self.least_kappa:.2f} is wanted"

    def _quote_of(self, kind: StepKind) -> QuoteMode:
        return self.quote if kind is StepKind.ITEM and self.mode != "rm_only" else "off"

    def values(self, sample: Sample) -> dict[StepKind, str]:
        """The true values of steps 3-5 that are known."""
        truths = {kind: self._truth(sample, kind) for kind in STRUCTURED_KINDS}
        return {kind: truth.value for kind, truth in truths.items() if truth is not None}

    def _truth(self, sample: Sample, kind: StepKind) -> Truth | None:
        if self.mode == "implied" and kind is not StepKind.FINAL:
            final = self._best(sample, StepKind.FINAL)
            known = {StepKind.FINAL: final} if final else {}
            return implied_truths(known, self.rules).get(kind) if self.rules else None
        return self._best(sample, kind)

    def _best(self, sample: Sample, kind: StepKind) -> Truth | None:
        allowed = {"silver": self.use_silver, "implied": self.use_implied}
        told = (
            self.truths.lookup(sample.pair_id, kind),
            sample.truth.get(kind),
            sample.silver.get(kind),
        )
        return next((t for t in told if t is not None and allowed.get(t.source, True)), None)


def gated(rollout: ScoredRollout) -> list[float]:
    """``rollout.values()`` with the final step masked where step 3 or 4 is known to be wrong.

    A tier that is right although its premises are wrong says nothing about the judgment, and
    rewarding it teaches the wrong rule: "related, partly met" misread as "related, all met" and
    answered tier 2 would reward tier 2 for every related product that meets all. Silver is no
    knowledge, and gates nothing. A rollout that cannot be read keeps its 0.
    """
    values = rollout.values()
    if rollout.parse_error is None and rollout.premises_refuted:
        values[int(StepKind.FINAL) - 1] = float("nan")
    return values


def _read(text: str, layout: Layout, cut: bool) -> tuple[list[ParsedStep], str | None]:
    try:
        return parse(text, layout, cut=cut), None
    except CotParseError as error:
        return parse_partial(text), error.code


def _quoted(sample: Sample, step: ParsedStep) -> StepReward:
    holds = faithful(step.body, sample.text.product_lines)
    if holds is None:
        return StepReward(0.0, "quote", "it quotes nothing of the product")
    reason = "the product's own words" if holds else "words that the product does not have"
    return StepReward(float(holds), "quote", reason)


def _prefix(text: str, steps: Sequence[ParsedStep], upto: ParsedStep) -> list[str]:
    return [text[step.start : step.end] for step in steps if step.start <= upto.start]

"""A generative stepwise reward model: it writes a short critique, then a verdict, and its score
is P(correct) at the verdict token (SHE section 3; design.md section 5).

The critique of a structured step puts the true value next to the claim and says whether they
are the same, as the policy's own evidence lines do (docs/sample.md): a small model compares
neighbours well and distant words badly. Of an open step it says whether the analysis is the
same as what the query or the product says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from annotation.steps import CLAIM_KEYS, OPEN_KINDS, Layout, StepKind, layout_order
from training.prompts import rm_prompt
from training.rl.calibration import chance
from training.rl.fit import FitExample, encode
from training.rl.generate import Decoding, generate_batches, next_token_logits
from training.rl.policy import Policy, load_policy, policy_facts
from training.rl.types import BadInput, LabelledRollout

CRITIQUE_TOKENS = 32
VERDICTS = ("correct", "incorrect")


@dataclass(frozen=True, slots=True)
class RmExample:
    """One judged step; ``critique`` ends with a newline."""

    prompt: str
    critique: str
    correct: bool
    kind: StepKind
    query: str


@dataclass(frozen=True, slots=True)
class Score:
    """``odds`` = log odds of "correct" before the temperature; ``p`` = P(correct) after it."""

    p: float
    odds: float
    critique: str


def examples_of(
    rollouts: Iterable[LabelledRollout], layout: Layout = "answer_last"
) -> list[RmExample]:
    """One example a verdict; steps nobody judged give none."""
    found = []
    for rollout in rollouts:
        order = layout_order(layout)
        for place, kind in enumerate(order):
            if kind not in rollout.verdicts:
                continue
            seen = [rollout.steps[int(k) - 1] for k in order[: place + 1]]
            found.append(
                RmExample(
                    rm_prompt(rollout.sample.text, seen, kind),
                    critique_of(
                        kind, seen[-1], rollout.verdicts[kind], rollout.values.get(kind)
                    ),
                    rollout.verdicts[kind],
                    kind,
                    rollout.sample.text.query,
                )
            )
    return found


def critique_of(kind: StepKind, step: str, correct: bool, value: str | None) -> str:
    """The critique line that the labels support; no claim beyond them is made up."""
    if kind in OPEN_KINDS:
        return "same\n" if correct else "different\n"
    claim = step.strip().splitlines()[-1].partition(":")[2].strip().lower()
    corrected = value if value and value != claim else f"not {claim}"
    true, relation = (claim, "same") if correct else (corrected, "different")
    return f"{CLAIM_KEYS[kind]} {true} {claim} {relation}\n"


@dataclass(frozen=True, slots=True)
class VerdictTokens:
    """``prefix`` is what both verdict lines share; then one of two tokens decides."""

    prefix: list[int]
    correct: int
    incorrect: int

    @classmethod
    def of(cls, tokenizer: Any) -> VerdictTokens:
        good, bad = (encode(tokenizer, f"verdict: {word}") for word in VERDICTS)
        for place, (a, b) in enumerate(zip(good, bad, strict=False)):
            if a != b:
                return cls(good[:place], a, b)
        raise BadInput("the tokenizer cannot tell 'verdict: correct' from 'verdict: incorrect'")


@dataclass(slots=True)
class RewardModel:
    """Scores steps. ``prior_shift`` moves the log odds of a kind from the balanced classes of
    training back to the classes people saw; ``temperature`` then divides them. Both are there
    so that P(correct) is calibrated."""

    policy: Policy
    batch_size: int = 128
    prior_shift: Mapping[StepKind, float] = field(default_factory=dict)
    temperature: float = 1.0

    def score(self, prompts: Sequence[str]) -> list[float]:
        """P(correct) for each ``rm_prompt``, in order (the StepScorer of rewards.py)."""
        return [score.p for score in self.review(prompts)]

    def review(
        self,
        prompts: Sequence[str],
        on_batch: Callable[[list[int], list[Score]], None] = lambda rows, scores: None,
    ) -> list[Score]:
        """Critique and P(correct) for each prompt; ``on_batch`` hears of rows as they end."""
        tokenizer = self.policy.tokenizer
        verdict = VerdictTokens.of(tokenizer)
        found: dict[int, Score] = {}
        for batch in generate_batches(self.policy, prompts, self._decoding()):
            indexes = [index for index, _ in batch]
            critiques = [rows[0].text.partition("\n")[0].strip() for _, rows in batch]
            rows = [
                encode(tokenizer, prompts[i]) + encode(tokenizer, f"{text}\n") + verdict.prefix
                for i, text in zip(indexes, critiques, strict=True)
            ]
            logits = next_token_logits(
                self.policy, rows, [verdict.correct, verdict.incorrect], self.batch_size
            )
            scores = []
            for row, index, critique in zip(logits, indexes, critiques, strict=True):
                odds = float(row[0] - row[1]) + self._shift(prompts[index])
                scores.append(Score(chance(odds, self.temperature), odds, critique))
            found.update(zip(indexes, scores, strict=True))
            on_batch(indexes, scores)
        return [found[index] for index in range(len(prompts))]

    def _decoding(self) -> Decoding:
        newline = encode(self.policy.tokenizer, "\n")
        stops = tuple(newline) if len(newline) == 1 else ()
        return Decoding(max_tokens=CRITIQUE_TOKENS, batch_size=self.batch_size, stop_ids=stops)

    def _shift(self, prompt: str) -> float:
        if not self.prior_shift:
            return 0.0
        last = prompt.rstrip()[-1:]
        return self.prior_shift.get(StepKind(int(last)), 0.0) if last in "12345" else 0.0


def load_reward_model(folder: str | Path, batch_size: int = 128) -> RewardModel:
    """Load a folder that an rm run wrote.

    Raises:
        BadInput: not a model folder, or a policy that was never trained to judge.
    """
    policy = load_policy(folder)
    facts = policy_facts(policy.path)
    if facts.get("role") != "rm":
        raise BadInput(f"'{folder}' is not a reward model (stepwise.json has no role rm)")
    shifts = {StepKind(int(k)): float(v) for k, v in facts.get("prior_shift", {}).items()}
    return RewardModel(policy, batch_size, shifts, float(facts.get("temperature", 1.0)))


def fit_example(tokenizer: Any, example: RmExample) -> FitExample:
    """Loss on the critique and on the token that decides the verdict. What stands between is
    given when scoring and nothing after is read, so neither is worth capacity; pieces are
    encoded as scoring does."""
    verdict = VerdictTokens.of(tokenizer)
    prompt, critique = encode(tokenizer, example.prompt), encode(tokenizer, example.critique)
    decides = verdict.correct if example.correct else verdict.incorrect
    mask = [0] * len(prompt) + [1] * len(critique) + [0] * len(verdict.prefix) + [1]
    return FitExample([*prompt, *critique, *verdict.prefix, decides], mask)

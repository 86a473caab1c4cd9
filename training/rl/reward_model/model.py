"""A generative stepwise reward model: it writes a short critique, then a verdict, and its score
is P(correct) at the verdict token (SHE section 3; design.md section 5).

The critique of a structured step puts the true value next to the claim and says whether they
are the same, as the policy's own evidence lines do (docs/sample.md): a small model compares
neighbours well and distant words badly. Of an open step it says whether the analysis is the
same as what the query or the product says.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from annotation.cot.steps import CLAIM_KEYS, OPEN_KINDS, Layout, StepKind, layout_order
from training.job.folder import MODEL_FACTS
from training.job.model_folder import model_facts
from training.job.prompts import PromptVersion, forged_rm_prompt, rm_prompt
from training.job.types import BadInput, LabelledRollout
from training.rl.policy.context import context_of
from training.rl.policy.fit import FitExample
from training.rl.policy.generate import Decoding, generate_batches, next_token_logits
from training.rl.policy.model import Policy, load_policy
from training.rl.policy.tokens import encode, prompt_ids
from training.rl.reward_model.judge import (
    UNREAD,
    OnBatch,
    Score,
    StepJudge,
    nobody,
    settings_of,
)
from training.rl.reward_model.rm_scalar import load_scalar

CRITIQUE_TOKENS = 32
VERDICTS = ("correct", "incorrect")


@dataclass(frozen=True, slots=True)
class RmExample:
    """One judged step; ``critique`` ends with a newline. ``forged`` is the prompt of the same
    step with a verdict of its own below it."""

    prompt: str
    critique: str
    correct: bool
    kind: StepKind
    query: str
    rollout: str = ""
    forged: str = ""


def examples_of(
    rollouts: Iterable[LabelledRollout],
    layout: Layout = "answer_last",
    *,
    version: PromptVersion,
) -> list[RmExample]:
    """One example a verdict; steps nobody judged give none. ``version`` is that of the prompts
    that the reward model is to read."""
    examples = []
    for number, rollout in enumerate(rollouts):
        order = layout_order(layout)
        for place, kind in enumerate(order):
            if kind not in rollout.verdicts:
                continue
            seen = [rollout.steps[int(k) - 1] for k in order[: place + 1]]
            pair = rollout.sample.text
            examples.append(
                RmExample(
                    rm_prompt(pair, seen, kind, version=version),
                    critique_of(
                        kind, seen[-1], rollout.verdicts[kind], rollout.values.get(kind)
                    ),
                    rollout.verdicts[kind],
                    kind,
                    pair.query,
                    rollout.rollout_id or str(number),
                    forged_rm_prompt(pair, seen, kind, version=version),
                )
            )
    return examples


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
class RewardModel(StepJudge):
    """Writes a critique, then reads P(correct) where the verdict is decided."""

    policy: Policy
    prompt_version: PromptVersion = field(init=False)

    def __post_init__(self) -> None:
        self.prompt_version = self.policy.prompt_version

    def review(self, prompts: Sequence[str], on_batch: OnBatch = nobody) -> list[Score]:
        tokenizer = self.policy.tokenizer
        verdict = VerdictTokens.of(tokenizer)
        room = critique_room(context_of(self.policy.model.config), verdict)
        readings = dict.fromkeys(range(len(prompts)), UNREAD)
        due = [i for i, text in enumerate(prompts) if len(prompt_ids(tokenizer, text)) <= room]
        long = sorted(set(readings) - set(due))
        on_batch(long, [UNREAD] * len(long))
        for batch in generate_batches(self.policy, [prompts[i] for i in due], self._decoding()):
            indexes = [due[place] for place, _ in batch]
            critiques = [rows[0].text.partition("\n")[0].strip() for _, rows in batch]
            rows = [
                judged_ids(tokenizer, prompts[i], text, verdict)
                for i, text in zip(indexes, critiques, strict=True)
            ]
            logits = next_token_logits(
                self.policy, rows, [verdict.correct, verdict.incorrect], self.batch_size
            )
            scores = [
                self.judged(prompts[index], float(row[0] - row[1]), critique)
                for row, index, critique in zip(logits, indexes, critiques, strict=True)
            ]
            readings.update(zip(indexes, scores, strict=True))
            on_batch(indexes, scores)
        return list(readings.values())

    def _decoding(self) -> Decoding:
        return Decoding(
            max_tokens=CRITIQUE_TOKENS,
            batch_size=self.batch_size,
            stop_ids=line_end(self.policy.tokenizer),
        )


def critique_room(context: int, verdict: VerdictTokens) -> int:
    """Tokens a prompt may have so that critique and verdict still fit into ``context``."""
    return context - CRITIQUE_TOKENS - len(verdict.prefix) - 1


def judged_ids(tokenizer: Any, prompt: str, critique: str, verdict: VerdictTokens) -> list[int]:
    """What comes before the token that decides; encoded piece by piece, as in training."""
    return [
        *prompt_ids(tokenizer, prompt),
        *encode(tokenizer, f"{critique}\n"),
        *verdict.prefix,
    ]


def line_end(tokenizer: Any) -> tuple[int, ...]:
    """The token that ends a critique, if a line break is one token."""
    newline = encode(tokenizer, "\n")
    return tuple(newline) if len(newline) == 1 else ()


def load_reward_model(folder: str | Path, batch_size: int = 128) -> StepJudge:
    """Load a folder that a reward model's run wrote: generative, or with a scalar head.

    Raises:
        BadInput: not a model folder, or a policy that was never trained to judge.
    """
    facts = model_facts(Path(folder))
    if (Path(folder) / MODEL_FACTS).exists() and facts.get("role") != "rm":
        raise BadInput(f"'{folder}' is not a reward model (stepwise.json has no role rm)")
    if facts.get("head") == "scalar":
        return load_scalar(folder, batch_size)
    policy = load_policy(folder, style="bare")  # a step is asked about outside of a chat
    return RewardModel(policy, batch_size=batch_size, **settings_of(facts))


def fit_example(tokenizer: Any, example: RmExample) -> FitExample:
    """Loss on the critique and on the token that decides the verdict. What stands between is
    given when scoring and nothing after is read, so neither is worth capacity; pieces are
    encoded as scoring does."""
    verdict = VerdictTokens.of(tokenizer)
    prompt, critique = (
        prompt_ids(tokenizer, example.prompt),
        encode(tokenizer, example.critique),
    )
    decides = verdict.correct if example.correct else verdict.incorrect
    mask = [0] * len(prompt) + [1] * len(critique) + [0] * len(verdict.prefix) + [1]
    return FitExample([*prompt, *critique, *verdict.prefix, decides], mask)

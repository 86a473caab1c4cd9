"""How good a policy is on the sample: per-step accuracy beside the majority rate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from sklearn.metrics import f1_score
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from annotation.cot.steps import CLAIM_KEYS, OPEN_KINDS, VALUES, CotParseError, StepKind, parse
from lab.sample.generate import SamplePair
from lab.sample.world import PROMPT_VERSION, pair_text
from lab.simulate.judge import same_lines
from training.job.prompts import policy_prompt

MAX_NEW_TOKENS = 160


@dataclass(frozen=True, slots=True)
class SeedReport:
    """``accuracy`` and ``majority`` are by step kind; an unreadable step counts as wrong."""

    n: int
    macro_f1: float
    parse_rate: float
    accuracy: dict[StepKind, float]
    majority: dict[StepKind, float]

    def lines(self) -> list[str]:
        head = f"n {self.n} macro F1 {self.macro_f1:.3f} parse rate {self.parse_rate:.3f}"
        rows = [
            f"step {kind} accuracy {self.accuracy[kind]:.3f} majority {self.majority[kind]:.3f}"
            for kind in StepKind
        ]
        return [head, *rows]


def answers(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    pairs: Sequence[SamplePair],
    temperature: float = 0.0,
    batch: int = 64,
) -> list[str]:
    """One CoT text a pair; greedy at temperature 0."""
    prompts = [
        policy_prompt(pair_text(p.query, p.product), version=PROMPT_VERSION) for p in pairs
    ]
    how: dict[str, Any] = {"do_sample": False}
    if temperature > 0:
        how = {"do_sample": True, "temperature": temperature, "top_k": 0}
    texts: list[str] = []
    for start in range(0, len(prompts), batch):
        inputs = tokenizer(prompts[start : start + batch], return_tensors="pt", padding=True)
        with torch.inference_mode():
            out = model.generate(
                input_ids=inputs["input_ids"],
                attention_mask=inputs["attention_mask"],
                max_new_tokens=MAX_NEW_TOKENS,
                **how,
            )
        new = out[:, inputs["input_ids"].shape[1] :]
        texts += tokenizer.batch_decode(new, skip_special_tokens=True)
    return texts


def report(pairs: Sequence[SamplePair], texts: Sequence[str]) -> SeedReport:
    """Compare one answer a pair with the truth."""
    n = len(pairs)
    truths = [_truth(pair) for pair in pairs]
    rights = [correct_steps(pair, text) for pair, text in zip(pairs, texts, strict=True)]
    tiers = [_values(text).get(StepKind.FINAL, "") for text in texts]
    wanted = [truth[StepKind.FINAL] for truth in truths]
    labels = list(VALUES[StepKind.FINAL])
    f1 = float(f1_score(wanted, tiers, labels=labels, average="macro", zero_division=0))
    return SeedReport(
        n,
        f1,
        sum(bool(_values(text)) for text in texts) / n,
        {kind: sum(kind in right for right in rights) / n for kind in StepKind},
        {
            kind: Counter(truth[kind] for truth in truths).most_common(1)[0][1] / n
            for kind in StepKind
        },
    )


def mixed_share(groups: Sequence[Sequence[bool]]) -> float:
    """Share of prompts whose sampled answers are neither all right nor all wrong."""
    return sum(0 < sum(group) < len(group) for group in groups) / len(groups)


def correct_steps(pair: SamplePair, text: str) -> set[StepKind]:
    """The steps of ``text`` that are right; none when it does not parse."""
    try:
        steps = {step.kind: step for step in parse(text)}
    except CotParseError:
        return set()
    truth, reference = _truth(pair), pair.bodies
    right = {kind for kind in CLAIM_KEYS if steps[kind].value == truth[kind]}
    return right | {k for k in OPEN_KINDS if same_lines(steps[k].body, reference[k])}


def _truth(pair: SamplePair) -> dict[StepKind, str]:
    truth = pair.truth
    claims = (truth.category, truth.attribute, truth.tier)
    open_bodies = {kind: pair.bodies[kind] for kind in OPEN_KINDS}
    return open_bodies | dict(zip(CLAIM_KEYS, claims, strict=True))


def _values(text: str) -> dict[StepKind, str]:
    try:
        return {step.kind: step.value for step in parse(text) if step.value is not None}
    except CotParseError:
        return {}

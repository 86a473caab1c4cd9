"""The answer alone: a CoT of nothing but its tier line, for the answer-only SFT baseline and
for baselines that give no reasons."""

from __future__ import annotations

from annotation.cot.steps import CLAIM_KEYS, HEADINGS, StepKind, parse_partial
from training.job.types import BadInput, Sample
from training.rl.policy.fit import FitExample
from training.rl.policy.run_folder import Run
from training.rl.policy.tokens import encode

_FINAL = StepKind.FINAL


def answer_text(tier: str) -> str:
    """The final section with its claim and no evidence."""
    return f"{HEADINGS[_FINAL]}\n{CLAIM_KEYS[_FINAL]}: {tier}\n"


def answer_of(text: str) -> str | None:
    """The tier of a text's final section, whatever else the text holds; None without one."""
    return next((s.value for s in parse_partial(text) if s.kind is _FINAL), None)


def known_answers(run: Run) -> list[tuple[Sample, str]]:
    """The training pairs whose tier is known, with it: the release first, then the truth that
    travels with the pair, silver only where it is allowed.

    Raises:
        BadInput: no tier is known.
    """
    known = []
    for sample in run.train:
        truth = run.truths.lookup(sample.pair_id, _FINAL) or sample.best(_FINAL)
        if truth is not None and (truth.source != "silver" or run.config.use_silver):
            known.append((sample, truth.value))
    if not known:
        raise BadInput("train.jsonl: no pair has a known tier, nothing to learn an answer from")
    return known


def answer_examples(run: Run) -> list[FitExample]:
    """One example a pair with a known tier: the prompt, then the answer and EOS."""
    tokenizer = run.policy.tokenizer
    examples = []
    for sample, tier in known_answers(run):
        prompt = run.policy.prompt_ids(run.policy.prompt(sample.text))
        answer = [*encode(tokenizer, answer_text(tier)), tokenizer.eos_token_id]
        examples.append(FitExample(prompt + answer, [0] * len(prompt) + [1] * len(answer)))
    return examples

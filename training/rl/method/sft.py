"""SFT on verified rollouts (rejection-sampling fine-tuning): the policy's own rollouts that the
truth confirms, and those in labels.jsonl whose every judged step people found correct. Or on
the answer alone, the baseline that reasoning has to beat."""

from __future__ import annotations

from typing import Any

from annotation.cot.steps import Layout, StepKind
from training.job.prompts import quotes_unseen
from training.job.types import BadInput, LabelledRollout, Sample
from training.rl.base.callbacks import RunCallback
from training.rl.measure.answers import answer_examples
from training.rl.method.layouts import relayout, taught
from training.rl.policy.context import fitting
from training.rl.policy.fit import FitExample, fit
from training.rl.policy.run_folder import Cancelled, Run
from training.rl.policy.scale import settle
from training.rl.policy.tokens import encode
from training.rl.select.explore import by_outcome, explore

_PER_PAIR = 4  # more rollouts of one pair repeat each other


def train_sft(run: Run) -> dict[str, Any]:
    """Returns facts for report.json.

    Raises:
        BadInput: no rollout is verified, or no tier is known where the answer is the target.
    """
    if run.config.fit.target == "answer":
        counts = _fit(run, answers=answer_examples(run))
        return {"samples": counts, "model_facts": {"target": "answer"}}
    policy = taught(run.policy, run.config)
    verified_texts = [
        (label.sample, text)
        for label in run.labels()
        if verified(label) and (text := reference_text(label, policy.layout))
    ]
    human = [
        (sample, text)
        for sample, text in verified_texts
        if not quotes_unseen(text, sample.text, policy.prompt_version)
    ]
    own = [
        (sample, text)
        for sample, rollouts in explore(run)
        for rollout in by_outcome(rollouts)[0][:_PER_PAIR]
        if (text := relayout(rollout.text, run.policy.layout, policy.layout))
    ]
    run.policy = policy
    if not human and not own:
        raise BadInput(_nothing(len(verified_texts)))
    counts = _fit(
        run,
        verified_by_people=[_example(run, sample, text) for sample, text in human],
        verified_by_truth=[_example(run, sample, text) for sample, text in own],
    )
    unseen = len(verified_texts) - len(human)
    return {"samples": {**counts, **({"left_out_unseen": unseen} if unseen else {})}}


def _nothing(unseen: int) -> str:
    why = f"; {unseen} quote lines that the policy's prompt does not show" if unseen else ""
    return f"no rollout is verified as right: there is nothing to imitate{why}"


def verified(label: LabelledRollout) -> bool:
    """Judged on the final step and wrong on none."""
    return label.verdicts.get(StepKind.FINAL, False) and all(label.verdicts.values())


def reference_text(label: LabelledRollout, layout: Layout) -> str | None:
    """The labelled rollout as one text; None when its steps are not a five-step CoT."""
    text = "\n".join(step.strip() for step in label.steps) + "\n"
    return relayout(text, "answer_last", layout)


def _fit(run: Run, **groups: list[FitExample]) -> dict[str, int]:
    """How many of each group were trained on."""
    callback = RunCallback(run.folder)
    config = run.config
    examples, counts = fitting(run.policy.model.config, config.fit.max_tokens, groups, len)
    trainer = fit(
        run.policy, examples, config.fit, run.folder, config.seed, [callback], config.trainer
    )
    if callback.cancelled:
        raise Cancelled
    settle(run, trainer)
    return counts


def _example(run: Run, sample: Sample, text: str) -> FitExample:
    tokenizer = run.policy.tokenizer
    prompt = run.policy.prompt_ids(run.policy.prompt(sample.text))
    answer = [*encode(tokenizer, text), tokenizer.eos_token_id]
    return FitExample(prompt + answer, [0] * len(prompt) + [1] * len(answer))

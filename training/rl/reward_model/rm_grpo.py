"""The rm_grpo method: GRPO on the hard subset, from a generative reward model that SFT left.

The model samples a critique and a verdict; a verdict that agrees with the person's earns 1, any
other 0. So the critique is free to become whatever makes the verdict right, and the KL term is
what keeps it readable.
"""

from __future__ import annotations

from typing import Any

from datasets import Dataset
from trl import GRPOConfig, GRPOTrainer

from training.job.model_folder import model_facts
from training.job.types import BadInput
from training.reward.reliable import kappas_of
from training.rl.base.callbacks import RunCallback
from training.rl.measure.rm_metrics import rm_change
from training.rl.policy.comparable import train_comparable
from training.rl.policy.context import context_of
from training.rl.policy.fit import common_arguments, rl_arguments
from training.rl.policy.generate import Decoding
from training.rl.policy.run_folder import Cancelled, Run
from training.rl.policy.tokens import prompt_ids
from training.rl.reward_model.judge import judge_facts, settings_of
from training.rl.reward_model.model import (
    RewardModel,
    RmExample,
    VerdictTokens,
    critique_room,
)
from training.rl.reward_model.rm_hard import hard_subset
from training.rl.reward_model.rm_rollouts import Reviewer, review_rollouts
from training.rl.reward_model.rm_train import balance, held_out_report, measure, rm_data


def train_rm_grpo(run: Run) -> dict[str, Any]:
    """Returns facts for report.json: ``rm`` with the hard subset's counts, ``before`` and
    ``held_out`` (after) on the held-out queries, and their ``change``.

    Raises:
        BadInput: the run does not start from a generative reward model, or no step is hard.
    """
    judge = _judge(run)
    data = rm_data(
        run.labels(), run.policy.layout, run.policy.prompt_version, run.config.fit.holdout
    )
    before = measure(judge, data.validation, run.config)
    hard, counts = _hard(run, data.train)
    print(f"hard subset {counts}", flush=True)
    # evened out as for SFT, so that the prior shift stays what it was
    updates = _train(run, balance(hard))
    after = measure(judge, data.validation, run.config)
    held_out = held_out_report(after, run.config)
    judge.kappa = kappas_of(held_out)
    report: dict[str, Any] = {
        "train": len(data.train),
        "hard": counts,
        "updates": updates,
        "before": held_out_report(before, run.config),
        "held_out": held_out,
    }
    if data.validation:
        report["change"] = rm_change(before, after, run.config.eval.bootstrap)
    return {"rm": report, "model_facts": judge_facts(judge)}


def _judge(run: Run) -> RewardModel:
    facts = model_facts(run.policy.path)
    if facts.get("role") != "rm" or facts.get("head") == "scalar":
        raise BadInput("rm_grpo goes on from a reward model of method rm: set 'policy' to one")
    return RewardModel(run.policy, batch_size=run.config.eval.batch_size, **settings_of(facts))


def _hard(run: Run, examples: list[RmExample]) -> tuple[list[RmExample], dict[Any, int]]:
    """The hard examples, and how many were easy, unsure, wrong and too long to be judged."""
    n = run.config.sampling.rollouts
    tokenizer, config = run.policy.tokenizer, run.policy.model.config
    room = critique_room(context_of(config), VerdictTokens.of(tokenizer))
    every = len(examples)
    examples = [e for e in examples if len(prompt_ids(tokenizer, e.prompt)) <= room]
    reviews = _reviewer(run, n).reviews([example.prompt for example in examples], "hard")
    subset = hard_subset(
        [
            [review.verdict == example.correct for review in reviews[i * n : (i + 1) * n]]
            for i, example in enumerate(examples)
        ]
    )
    if not subset.kept:
        raise BadInput(
            "the reward model is sure and right on every training step: none is hard"
        )
    counts: dict[Any, int] = dict(subset.counts)
    counts["too_long"] = every - len(examples)
    return [examples[i] for i in subset.kept], counts


def _reviewer(run: Run, n: int) -> Reviewer:
    """Sampled from the whole vocabulary: the probabilities are those that TRL computes."""
    config = run.config
    decoding = Decoding(
        n=n,
        temperature=config.rl.temperature,
        batch_size=config.sampling.batch_size,
        seed=config.seed,
    )
    return Reviewer(run.policy, decoding)


def _train(run: Run, hard: list[RmExample]) -> int:
    """GRPO on the hard examples; the number of updates done."""
    rl = run.config.rl
    rows = [{"prompt": e.prompt, "correct": e.correct} for e in hard]
    trainer = GRPOTrainer(
        model=run.policy.model,
        reward_funcs=verdict_reward,
        args=grpo_arguments(run),
        train_dataset=Dataset.from_list(rows),
        processing_class=run.policy.tokenizer,
        rollout_func=review_rollouts(_reviewer(run, rl.group)),
    )
    callback = RunCallback(run.folder)
    trainer.add_callback(callback)
    train_comparable(trainer, run)
    if callback.cancelled:
        raise Cancelled
    run.policy.model.eval()
    return int(trainer.state.global_step)


def verdict_reward(
    prompts: list[str], verdict: list[bool | None], correct: list[bool], **_: Any
) -> list[float]:
    """1 where the sampled verdict is the person's; a review without a verdict earns 0."""
    return [float(claimed == truth) for claimed, truth in zip(verdict, correct, strict=True)]


def grpo_arguments(run: Run) -> GRPOConfig:
    """run.toml's ``[rl]`` as TRL's arguments."""
    rl = run.config.rl
    return GRPOConfig(
        **common_arguments(run.folder, run.config.seed, rl.learning_rate, rl.save_every),
        **rl_arguments(rl),
        per_device_train_batch_size=rl.micro_batch,
        top_k=0,
    )

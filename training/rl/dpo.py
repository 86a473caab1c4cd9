"""DPO on pass@N pairs (TaoSR1): verified rollouts are preferred to ones whose tier is wrong."""

from __future__ import annotations

from typing import Any

from datasets import Dataset
from trl import DPOConfig, DPOTrainer

from training.prompts import policy_prompt
from training.rl.callbacks import RunCallback, quiet
from training.rl.checkpoints import newest_checkpoint
from training.rl.explore import Explored, by_outcome, explore
from training.rl.fit import common_arguments
from training.rl.run_folder import Cancelled, Run
from training.rl.types import BadInput

_PER_PAIR = 4


def train_dpo(run: Run) -> dict[str, Any]:
    """Returns facts for report.json.

    Raises:
        BadInput: no pair has both a verified and a refuted rollout.
    """
    rows = preferences(explore(run), run.policy.style)
    if not rows:
        raise BadInput("no pair has both a right and a wrong rollout: nothing to prefer")
    config = run.config.fit
    callback = RunCallback(run.folder)
    trainer = DPOTrainer(
        model=run.policy.model,
        args=DPOConfig(
            **common_arguments(
                run.folder, run.config.seed, config.learning_rate, config.save_every
            ),
            num_train_epochs=config.epochs,
            per_device_train_batch_size=config.batch_size,
            beta=config.beta,
            max_length=config.max_tokens,
        ),
        train_dataset=Dataset.from_list(rows),
        processing_class=run.policy.tokenizer,
        callbacks=[callback],
    )
    quiet(trainer).train(resume_from_checkpoint=newest_checkpoint(run.folder))
    if callback.cancelled:
        raise Cancelled
    run.policy.model.eval()
    return {"samples": {"preferences": len(rows)}}


def preferences(explored: Explored, style: Any) -> list[dict[str, str]]:
    """TRL's preference rows: at most four (chosen, rejected) a pair."""
    rows = []
    for sample, rollouts in explored:
        chosen, rejected = by_outcome(rollouts)
        for good, bad in list(zip(chosen, rejected, strict=False))[:_PER_PAIR]:
            prompt = policy_prompt(sample.text, style)
            rows.append({"prompt": prompt, "chosen": good.text, "rejected": bad.text})
    return rows

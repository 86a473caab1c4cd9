"""Supervised fine-tuning on masked token ids: what sft and the RM share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets import Dataset
from trl import SFTConfig, SFTTrainer

from training.job.checkpoints import newest_checkpoint
from training.job.config import FitConfig, RlConfig, TrainerConfig
from training.job.folder import CHECKPOINTS
from training.rl.base.callbacks import quiet
from training.rl.policy.model import Policy
from training.rl.policy.scale import adapter, trainer_arguments


@dataclass(frozen=True, slots=True)
class FitExample:
    """Token ids, and 1 in ``mask`` where the loss falls."""

    ids: list[int]
    mask: list[int]

    def __len__(self) -> int:
        return len(self.ids)


def fit(
    policy: Policy,
    examples: Sequence[FitExample],
    config: FitConfig,
    run_dir: Path,
    seed: int,
    callbacks: list[Any],
    extra: TrainerConfig | None = None,
) -> Any:
    """Train in place on examples that fit (:func:`fitting`); goes on from the newest complete
    checkpoint in ``run_dir``. Returns the trainer."""
    extra = extra or TrainerConfig()
    rows = [{"input_ids": example.ids, "completion_mask": example.mask} for example in examples]
    trainer = SFTTrainer(
        model=policy.model,
        args=SFTConfig(
            **common_arguments(run_dir, seed, config.learning_rate, config.save_every, extra),
            **fit_arguments(config, len(rows)),
            max_length=config.max_tokens if extra.packing else None,
            packing=extra.packing,
            completion_only_loss=True,
        ),
        train_dataset=Dataset.from_list(rows),
        processing_class=policy.tokenizer,
        callbacks=callbacks,
        peft_config=adapter(extra, policy.model),
    )
    quiet(trainer).train(resume_from_checkpoint=newest_checkpoint(run_dir))
    policy.model.eval()
    return trainer


def fit_updates(rows: int, config: FitConfig) -> int:
    """Optimiser updates of a supervised run over ``rows`` examples."""
    return max(1, math.ceil(math.ceil(rows / config.batch_size) * config.epochs))


def fit_arguments(config: FitConfig, rows: int) -> dict[str, Any]:
    """``[fit]`` as TrainingArguments: epochs, batches and the cosine schedule over ``rows``,
    whose first update learns already."""
    return {
        "num_train_epochs": config.epochs,
        "per_device_train_batch_size": config.batch_size,
        "lr_scheduler_type": "cosine_warmup_with_min_lr",
        "lr_scheduler_kwargs": {"min_lr_rate": 0.0},
        "warmup_steps": max(1, fit_updates(rows, config) // 20),
    }


def rl_arguments(rl: RlConfig) -> dict[str, Any]:
    """``[rl]`` as the GRPOConfig that the policy's and the reward model's RL share."""
    return {
        "max_steps": rl.updates,
        "gradient_accumulation_steps": rl.prompts * rl.group // rl.micro_batch,
        "num_generations": rl.group,
        "temperature": rl.temperature,
        "beta": rl.kl,
        "epsilon": rl.clip,
        "scale_rewards": "group",
        "loss_type": "dapo",
        "max_grad_norm": rl.max_grad_norm,
        # update n of w in the warm-up learns at n / (w + 1), so that the first is not lost
        "lr_scheduler_type": "warmup_stable_decay",
        "lr_scheduler_kwargs": {"num_decay_steps": 0, "min_lr_ratio": 1 / (rl.warmup + 1)},
        "warmup_steps": rl.warmup,
    }


def common_arguments(
    run_dir: Path,
    seed: int,
    learning_rate: float,
    save_every: int,
    extra: TrainerConfig | None = None,
) -> dict[str, Any]:
    """TrainingArguments that every method shares."""
    return {
        "output_dir": str(run_dir / CHECKPOINTS),
        "seed": seed,
        "data_seed": seed,
        "learning_rate": learning_rate,
        "logging_steps": 1,
        "save_strategy": "steps",
        "save_steps": save_every,
        "save_total_limit": 2,
        "disable_tqdm": True,
        **trainer_arguments(extra or TrainerConfig()),
        "remove_unused_columns": False,
        "dataloader_pin_memory": False,
    }

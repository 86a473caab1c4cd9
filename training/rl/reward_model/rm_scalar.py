"""The discriminative reward model: one linear unit over the last token of a step's prompt, the
head that classic process reward models have (Lightman et al. 2023). An ablation: it reads what
the generative model reads and writes no critique."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedModel,
    Trainer,
    TrainingArguments,
)

from training.job.checkpoints import newest_checkpoint
from training.job.config import FitConfig
from training.job.model_folder import model_facts, prompt_version_of
from training.job.types import BadInput
from training.rl.base.callbacks import quiet
from training.rl.policy.context import context_of
from training.rl.policy.fit import common_arguments, fit_arguments
from training.rl.policy.heads import padded, with_head
from training.rl.policy.model import Policy, own_weights
from training.rl.policy.tokens import prompt_ids
from training.rl.reward_model.judge import (
    UNREAD,
    OnBatch,
    Score,
    StepJudge,
    nobody,
    settings_of,
)


@dataclass(slots=True)
class ScalarRewardModel(StepJudge):
    """``model`` has one logit: the log odds of "correct"."""

    model: PreTrainedModel
    tokenizer: Any

    @torch.inference_mode()
    def review(self, prompts: Sequence[str], on_batch: OnBatch = nobody) -> list[Score]:
        self.model.eval()
        rows = [prompt_ids(self.tokenizer, prompt) for prompt in prompts]
        limit = context_of(self.model.config)
        readings = dict.fromkeys(range(len(prompts)), UNREAD)
        long = [index for index, row in enumerate(rows) if len(row) > limit]
        on_batch(long, [UNREAD] * len(long))
        fits = sorted(set(readings) - set(long), key=lambda index: len(rows[index]))
        for start in range(0, len(fits), self.batch_size):
            chosen = fits[start : start + self.batch_size]
            batch = padded(
                [rows[i] for i in chosen], self.tokenizer.pad_token_id, self.model.device
            )
            logits = self.model(**batch).logits[:, 0].float().tolist()
            scores = [self.judged(prompts[i], x) for i, x in zip(chosen, logits, strict=True)]
            readings.update(zip(chosen, scores, strict=True))
            on_batch(chosen, scores)
        return list(readings.values())


def load_scalar(folder: str | Path, batch_size: int = 128) -> ScalarRewardModel:
    """Load a folder of method rm_scalar; raises BadInput when it is none."""
    path = Path(folder)
    try:
        tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True)
        model = AutoModelForSequenceClassification.from_pretrained(
            path, local_files_only=True, dtype=torch.float32
        )
    except (OSError, ValueError, KeyError) as error:
        raise BadInput(f"cannot load the reward model in '{folder}': {error}") from error
    own_weights(model)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    settings = settings_of(model_facts(path))
    return ScalarRewardModel(
        model.to(device).eval(),
        tokenizer,
        prompt_version=prompt_version_of(path),
        batch_size=batch_size,
        **settings,
    )


class _BinaryTrainer(Trainer):
    """Binary cross-entropy on the one logit."""

    def compute_loss(self, model: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        targets = inputs.pop("targets")
        logits = model(**inputs).logits[:, 0].float()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, targets)
        return (loss, {"logits": logits}) if kwargs.get("return_outputs") else loss


def fit_scalar(
    policy: Policy,
    examples: Sequence[tuple[list[int], bool]],
    config: FitConfig,
    run_dir: Path,
    seed: int,
    callbacks: list[Any],
) -> ScalarRewardModel:
    """Train a head and its backbone on (ids of a prompt, verdict)."""
    model = with_head(policy, outputs=1)
    rows = [{"ids": ids, "target": float(right)} for ids, right in examples]
    pad = policy.tokenizer.pad_token_id
    trainer = _BinaryTrainer(
        model=model,
        args=TrainingArguments(
            **common_arguments(run_dir, seed, config.learning_rate, config.save_every),
            **fit_arguments(config, len(rows)),
        ),
        train_dataset=rows,
        data_collator=lambda batch: {
            **padded([row["ids"] for row in batch], pad),
            "targets": torch.tensor([row["target"] for row in batch]),
        },
        callbacks=callbacks,
    )
    quiet(trainer).train(resume_from_checkpoint=newest_checkpoint(run_dir))
    return ScalarRewardModel(
        model.eval(), policy.tokenizer, prompt_version=policy.prompt_version
    )

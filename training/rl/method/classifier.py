"""A cross-encoder: the policy's backbone reads query and product together, a linear head over
the last token gives one of four tiers (Nogueira and Cho 2019, with our backbone)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedModel, Trainer, TrainingArguments

from training.job.checkpoints import newest_checkpoint
from training.job.files import write_json
from training.job.folder import MODEL, MODEL_FACTS
from training.job.types import Sample
from training.rl.base.callbacks import RunCallback, quiet
from training.rl.measure.answers import answer_text, known_answers
from training.rl.measure.classification import TIERS
from training.rl.measure.evaluate import Prediction, held_out
from training.rl.policy.context import context_of
from training.rl.policy.fit import common_arguments, fit_arguments
from training.rl.policy.heads import padded, with_head
from training.rl.policy.model import Policy
from training.rl.policy.run_folder import Cancelled, Run


def train_classifier(run: Run) -> tuple[dict[str, Any], list[Prediction]]:
    """Facts for report.json and the answers on the held-out pairs."""
    known, config = known_answers(run), run.config.fit
    model, pad = classifier_from(run.policy), run.policy.tokenizer.pad_token_id
    callback = RunCallback(run.folder)
    trainer = Trainer(
        model=model,
        args=TrainingArguments(
            **common_arguments(
                run.folder, run.config.seed, config.learning_rate, config.save_every
            ),
            **fit_arguments(config, len(known)),
        ),
        train_dataset=[
            {"ids": _ids(run, sample), "label": TIERS.index(tier)} for sample, tier in known
        ],
        data_collator=lambda rows: {
            **padded([row["ids"] for row in rows], pad),
            "labels": torch.tensor([row["label"] for row in rows]),
        },
        callbacks=[callback],
    )
    quiet(trainer).train(resume_from_checkpoint=newest_checkpoint(run.folder))
    if callback.cancelled:
        raise Cancelled
    _save(run, model, run.folder / MODEL)
    samples = held_out(run.held_out, run.config.eval.limit)
    answers = [
        Prediction(sample, answer_text(tier), tier)
        for sample, tier in zip(samples, _tiers(run, model, samples), strict=True)
    ]
    long = sum(len(_prompt_ids(run, sample)) > _limit(run) for sample, _ in known)
    return {"samples": {"train": len(known), **({"cut": long} if long else {})}}, answers


def classifier_from(policy: Policy) -> PreTrainedModel:
    """The policy's backbone with its weights and a new head over :data:`TIERS`."""
    classes = dict(enumerate(TIERS))
    return with_head(
        policy, len(TIERS), id2label=classes, label2id={t: i for i, t in classes.items()}
    )


@torch.inference_mode()
def _tiers(run: Run, model: PreTrainedModel, samples: Sequence[Sample]) -> list[str]:
    """The likeliest tier of each pair, in the order of ``samples``."""
    model.eval()
    rows = [_ids(run, sample) for sample in samples]
    order = sorted(range(len(rows)), key=lambda index: len(rows[index]))
    tiers: dict[int, str] = {}
    step = run.config.eval.batch_size
    for start in range(0, len(order), step):
        run.check_cancel()
        chosen = order[start : start + step]
        batch = padded(
            [rows[i] for i in chosen], run.policy.tokenizer.pad_token_id, model.device
        )
        best = model(**batch).logits.argmax(1)
        tiers.update({i: TIERS[place] for i, place in zip(chosen, best.tolist(), strict=True)})
    return [tiers[index] for index in range(len(rows))]


def _ids(run: Run, sample: Sample) -> list[int]:
    """The prompt's ids; what is too long loses its end, where the last attributes are."""
    return _prompt_ids(run, sample)[: _limit(run)]


def _prompt_ids(run: Run, sample: Sample) -> list[int]:
    return run.policy.prompt_ids(run.policy.prompt(sample.text))


def _limit(run: Run) -> int:
    return min(run.config.fit.max_tokens, context_of(run.policy.model.config))


def _save(run: Run, model: PreTrainedModel, folder: Path) -> None:
    model.save_pretrained(folder)
    run.policy.tokenizer.save_pretrained(folder)
    notes = {
        "role": "classifier",
        "tiers": list(TIERS),
        "style": run.policy.style,
        "prompt_version": run.policy.prompt_version,
    }
    write_json(folder / MODEL_FACTS, notes)

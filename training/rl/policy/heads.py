"""A linear head over the last token, for the cross-encoder and the scalar reward model."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import AutoModelForSequenceClassification, PreTrainedModel

from training.rl.policy.model import Policy


def with_head(policy: Policy, outputs: int, **config: Any) -> PreTrainedModel:
    """The policy's backbone with its weights under a new linear head of ``outputs``, which
    reads the last token; ``config`` goes into the model's own."""
    settings = copy.deepcopy(policy.model.config)
    settings.pad_token_id = policy.tokenizer.pad_token_id  # what comes before it is the last
    settings.num_labels = outputs
    for name, value in config.items():
        setattr(settings, name, value)
    model: Any = AutoModelForSequenceClassification.from_config(settings)
    model.base_model.load_state_dict(policy.model.base_model.state_dict())
    model_on_device: PreTrainedModel = model.to(policy.model.device)
    return model_on_device


def padded(
    rows: Sequence[list[int]], pad: int, device: torch.device | str = "cpu"
) -> dict[str, Tensor]:
    """Ids and mask, both (B, T), padded on the right, so that positions count from 0."""
    width = max(len(row) for row in rows)
    ids = [row + [pad] * (width - len(row)) for row in rows]
    mask = [[1] * len(row) + [0] * (width - len(row)) for row in rows]
    return {
        "input_ids": torch.tensor(ids, device=device),
        "attention_mask": torch.tensor(mask, device=device),
    }

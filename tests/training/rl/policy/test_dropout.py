"""A policy that has not changed does not differ from itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.training.rl.tiny import make_run
from tests.training.rl.zoo import random_model, random_policy
from training.job.files import read_finished_jsonl
from training.job.types import Sample
from training.rl.policy.dropout import dropout_off
from training.rl.policy.model import load_policy
from training.rl.train import train

pytestmark = pytest.mark.rl
DROPOUTS = {
    "gpt2": {"resid_pdrop": 0.1, "embd_pdrop": 0.1, "attn_pdrop": 0.1},
    "llama": {"attention_dropout": 0.1},
    "opt": {"dropout": 0.1, "attention_dropout": 0.1, "layerdrop": 0.5},
    "bert": {"hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1},
    "phi": {"resid_pdrop": 0.1, "embd_pdrop": 0.1, "attention_dropout": 0.1},
}


@pytest.mark.parametrize("kind", DROPOUTS)
def test_training_computes_what_evaluation_computes(kind: str) -> None:
    model = random_model(kind, 60, **DROPOUTS[kind])
    ids = torch.arange(2, 22)[None]
    with torch.no_grad():
        still = model(ids).logits
        model.train()
        assert not torch.allclose(model(ids).logits, still, atol=1e-4)
        with dropout_off(model):
            assert torch.allclose(model(ids).logits, still, atol=1e-5)
        assert not torch.allclose(model(ids).logits, still, atol=1e-4)  # back as it was


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
@pytest.mark.parametrize("trainer", [{}, {"lora_rank": 2}], ids=["every weight", "adapter"])
def test_the_first_kl_is_zero_and_the_saved_policy_keeps_its_dropout(
    tmp_path: Path, samples: list[Sample], kind: str, trainer: dict[str, Any]
) -> None:
    dropouts = DROPOUTS[kind]
    make_run(
        tmp_path / "run", random_policy(tmp_path / "policy", kind, **dropouts), samples,
        sampling={"rollouts": 1, "rejection": False},
        rl={"updates": 1, "prompts": 2, "group": 2, "micro_batch": 4, "max_tokens": 8},
        eval={"max_tokens": 8, "bootstrap": 10, "limit": 2},
        trainer=trainer,
    )  # fmt: skip
    train(tmp_path / "run")
    assert read_finished_jsonl(tmp_path / "run" / "metrics.jsonl")[0]["kl"] == 0
    saved = load_policy(tmp_path / "run" / "model").model.config
    assert {name: getattr(saved, name) for name in dropouts} == dropouts

"""The model that bench.gpu trains: weights of a GGUF file, or random ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from training.rl.policy.model import (  # before torch: sets the thread environment
    Policy,
    load_policy,
)

# isort: split
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from lab.compare.benchmark import SEED_POLICY
from lab.sample.world import PROMPT_VERSION

SMOLLM2_135M = {
    "vocab_size": 49152,
    "hidden_size": 576,
    "intermediate_size": 1536,
    "num_hidden_layers": 30,
    "num_attention_heads": 9,
    "num_key_value_heads": 3,
    "max_position_embeddings": 8192,
    "rope_parameters": {"rope_type": "default", "rope_theta": 100000.0},
}
TINY = {  # of the tokenizer's own vocabulary
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "max_position_embeddings": 512,
}


def converted(weights: Path, folder: Path, sha256: str) -> dict[str, Any]:
    """The GGUF file ``weights`` as a model folder that is asked in its own chat template;
    returns what the report says of it. ``sha256`` is of what was given."""
    policy = load_policy(weights.parent, style="chat")
    policy.save(folder)
    return _facts(policy, f"{weights.name}, dequantised", sha256)


def random_model(folder: Path, shape: dict[str, Any]) -> dict[str, Any]:
    """A model of ``shape`` with random weights and the shipped policy's tokenizer: its figures
    of time and memory are the real model's, it learns nothing."""
    tokenizer = load_policy(SEED_POLICY).tokenizer
    torch.manual_seed(0)
    ends = {"pad_token_id": tokenizer.pad_token_id, "eos_token_id": tokenizer.eos_token_id}
    model: Any = LlamaForCausalLM(
        LlamaConfig(
            **({"vocab_size": len(tokenizer)} | shape),
            **ends,
            bos_token_id=None,
            tie_word_embeddings=True,
        )
    )
    policy = Policy(model, tokenizer, "answer_last", "bare", PROMPT_VERSION, folder)
    policy.save(folder)
    return _facts(policy, f"random weights, {shape['num_hidden_layers']} layers", None)


def _facts(policy: Policy, name: str, digest: str | None) -> dict[str, Any]:
    parameters = sum(tensor.numel() for tensor in policy.model.parameters())
    return {
        "name": name,
        "sha256": digest,
        "parameters": parameters,
        "real": digest is not None,
        "style": policy.style,
    }

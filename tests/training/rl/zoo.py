"""Random models of many architectures, a few thousand parameters each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from tests.training.rl.shapes import save, shop_tokenizer

_SIZES = {
    "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "head_dim": 8,
    "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 256,
    "pad_token_id": 0, "bos_token_id": None, "eos_token_id": 1, "initializer_range": 0.3,
}  # fmt: skip
_GPT = {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 256}
_OWN: dict[str, dict[str, Any]] = {
    "gpt2": _GPT,
    "opt": {"ffn_dim": 48, "word_embed_proj_dim": 32},
    "bert": {"is_decoder": True},
    "roberta": {"is_decoder": True},
    "rwkv": {"attention_hidden_size": 32, "context_length": 256},
    "bloom": {"n_layer": 2, "n_head": 4},
    "mixtral": {"num_local_experts": 2},
    "mamba": {"state_size": 4, "expand": 2, "time_step_rank": 2},
    "mamba2": {"state_size": 8, "head_dim": 8, "num_heads": 8, "n_groups": 1, "chunk_size": 8},
    "lfm2": {"layer_types": ["conv", "full_attention"], "block_multiple_of": 8},
    "qwen3_next": {
        "layer_types": ["linear_attention", "full_attention"], "linear_num_key_heads": 2,
        "linear_num_value_heads": 4, "linear_key_head_dim": 8, "linear_value_head_dim": 8,
        "num_experts": 2, "num_experts_per_tok": 1, "moe_intermediate_size": 16,
        "shared_expert_intermediate_size": 16,
    },
    "jamba": {
        "mamba_d_state": 4, "mamba_dt_rank": 2, "attn_layer_period": 2,
        "attn_layer_offset": 1, "num_experts": 2, "use_mamba_kernels": False,
    },
    "minimax": {
        "layer_types": ["linear_attention", "full_attention"], "num_local_experts": 2,
        "block_size": 8,
    },
}  # fmt: skip


def random_model(kind: str, vocabulary: int, **changed: Any) -> Any:
    torch.manual_seed(0)
    settings = {**_SIZES, **_OWN.get(kind, {}), "vocab_size": vocabulary, **changed}
    return AutoModelForCausalLM.from_config(CONFIG_MAPPING[kind](**settings)).eval()


def random_policy(folder: Path, kind: str, **changed: Any) -> Path:
    """A model folder with the tokenizer of the tiny world."""
    tokenizer = shop_tokenizer()
    save(folder, random_model(kind, len(tokenizer), **changed), tokenizer)
    return folder

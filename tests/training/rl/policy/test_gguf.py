"""A model in one GGUF file: its weights are plain once they are read."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
import pytest
import torch
from tokenizers import pre_tokenizers

from tests.training.rl.tiny import make_run
from training.job.config import FitConfig, TrainerConfig
from training.job.files import read_finished_jsonl
from training.job.types import Sample
from training.rl.policy.fit import FitExample, fit
from training.rl.policy.model import Policy, load_policy
from training.rl.train import train

pytestmark = pytest.mark.rl

WIDTH = 32
Q4_1 = gguf.GGMLQuantizationType.Q4_1


@pytest.fixture
def policy(folder: Path) -> Policy:
    return load_policy(folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "gguf"
    folder.mkdir()
    tokens = ["<eos>", *sorted(pre_tokenizers.ByteLevel.alphabet()), "ab"]
    writer = gguf.GGUFWriter(str(folder / "model.gguf"), "llama")
    writer.add_block_count(1)
    writer.add_context_length(1024)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(WIDTH)
    writer.add_head_count(2)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(16)
    writer.add_rope_freq_base(10_000.0)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(tokens)
    writer.add_token_merges(["a b"])
    writer.add_token_types([3] + [1] * (len(tokens) - 1))
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(0)
    _add_tensors(writer, len(tokens))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return folder


def _add_tensors(writer: gguf.GGUFWriter, vocabulary: int) -> None:
    draw = np.random.default_rng(0)
    block = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")
    for name in ("token_embd", *(f"blk.0.{part}" for part in block)):
        rows = vocabulary if name == "token_embd" else WIDTH
        values = draw.normal(size=(rows, WIDTH)).astype(np.float32)
        small = gguf.quants.quantize(values, Q4_1)
        writer.add_tensor(f"{name}.weight", small, raw_dtype=Q4_1)
    for name in ("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"):
        writer.add_tensor(f"{name}.weight", np.ones(WIDTH, np.float32))


def test_a_model_of_a_gguf_file_is_saved_as_a_folder_with_the_same_weights(
    policy: Policy, tmp_path: Path
) -> None:
    policy.save(tmp_path / "saved")
    again = load_policy(tmp_path / "saved")
    pairs = zip(policy.model.parameters(), again.model.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    assert again.prompt_ids("ab c") == policy.prompt_ids("ab c")


def test_a_model_of_a_gguf_file_is_trained_like_any_other(
    policy: Policy, tmp_path: Path
) -> None:
    before = [tensor.clone() for tensor in policy.model.parameters()]
    ids = policy.prompt_ids("ab ab ab")
    examples = [FitExample(ids, [0] + [1] * (len(ids) - 1))] * 2
    config = FitConfig(epochs=3, batch_size=2, max_tokens=16)
    fit(policy, examples, config, tmp_path, 0, [], TrainerConfig())
    pairs = zip(before, policy.model.parameters(), strict=True)
    assert any(not torch.equal(a, b) for a, b in pairs)


@pytest.mark.parametrize("method", ["srpo", "dpo"])
def test_a_run_from_a_gguf_file_has_a_reference_to_compare_with(
    folder: Path, tmp_path: Path, samples: list[Sample], method: str
) -> None:
    make_run(
        tmp_path / "run", folder, samples[:24], method=method, style="bare",
        sampling={"rollouts": 2, "rejection": False},
        rl={"updates": 1, "prompts": 2, "group": 2, "max_tokens": 8, "kl": 0.1},
        fit={"epochs": 0.1, "batch_size": 4, "pairs": "pass_at_n"},
        eval={"max_tokens": 8, "bootstrap": 10, "limit": 2},
    )  # fmt: skip
    train(tmp_path / "run")
    row = read_finished_jsonl(tmp_path / "run" / "metrics.jsonl")[0]
    assert row["kl" if method == "srpo" else "loss"] == (0 if method == "srpo" else 0.693147)
    assert load_policy(tmp_path / "run" / "model").prompt_ids("ab") == [257]

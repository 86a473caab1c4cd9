"""What counts as a model folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file
from transformers import LlamaConfig, LlamaForCausalLM

from tests.training.rl.tiny import make_tokenizer
from tests.training.rl.zoo import random_policy
from training.job.prompts import PairText, policy_prompt
from training.job.types import BadInput
from training.rl.policy.model import load_policy

pytestmark = pytest.mark.rl


def test_a_folder_without_a_model_is_named_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no config\.json"):
        load_policy(tmp_path)


def test_two_gguf_files_in_one_folder_are_refused_because_the_choice_is_not_ours(
    tmp_path: Path,
) -> None:
    for name in ("a.gguf", "b.gguf"):
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(BadInput, match="2 GGUF files"):
        load_policy(tmp_path)


def test_a_damaged_gguf_file_is_bad_input_and_no_crash(tmp_path: Path) -> None:
    (tmp_path / "model.gguf").write_bytes(b"GGUF and then not a model")
    with pytest.raises(BadInput, match="cannot load the model"):
        load_policy(tmp_path)


def test_an_instructed_policy_is_told_the_sections_in_its_own_order() -> None:
    pair = PairText("red shoe", "red shoe")
    last = policy_prompt(pair, "instruct", version="1")
    first = policy_prompt(pair, "instruct", layout="answer_first", version="1")
    assert last.index("## 1 query") < last.index("## 5 final")
    assert first.index("## 5 final") < first.index("## 1 query")
    assert policy_prompt(pair, layout="answer_first", version="1") == policy_prompt(
        pair, version="1"
    )  # bare: no order


def _tiny_llama(folder: Path, vocabulary: int) -> None:
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
    )
    LlamaForCausalLM(config).save_pretrained(folder)


def test_weights_cut_in_the_middle_are_bad_input_with_the_reason(tmp_path: Path) -> None:
    tokenizer = make_tokenizer(["red shoe", "blue lamp"])
    tokenizer.save_pretrained(tmp_path)
    _tiny_llama(tmp_path, len(tokenizer))
    load_policy(tmp_path)
    file = tmp_path / "model.safetensors"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(BadInput, match="is cut: it has"):
        load_policy(tmp_path)


def test_weights_without_a_layer_are_refused_and_not_filled_at_random(tmp_path: Path) -> None:
    tokenizer = make_tokenizer(["red shoe", "blue lamp"])
    tokenizer.save_pretrained(tmp_path)
    _tiny_llama(tmp_path, len(tokenizer))
    file = tmp_path / "model.safetensors"
    kept = {k: v for k, v in load_file(file).items() if "layers.1.mlp.up_proj" not in k}
    file.unlink()
    save_file(kept, file, {"format": "pt"})
    with pytest.raises(BadInput, match=r"lack 1 tensors.*layers\.1\.mlp\.up_proj"):
        load_policy(tmp_path)


def test_weights_of_another_size_are_bad_input(tmp_path: Path) -> None:
    tokenizer = make_tokenizer(["red shoe", "blue lamp"])
    tokenizer.save_pretrained(tmp_path)
    _tiny_llama(tmp_path, len(tokenizer))
    config = tmp_path / "config.json"
    config.write_text(
        config.read_text().replace('"intermediate_size": 16', '"intermediate_size": 24')
    )
    with pytest.raises(BadInput, match="cannot load the model"):
        load_policy(tmp_path)


def test_an_encoder_is_no_policy(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="an encoder"):
        load_policy(random_policy(tmp_path, "bert", is_decoder=False))


def test_an_encoder_that_nobody_knows_by_name_is_found_by_trying(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"\(electra\) reads the tokens that follow"):
        load_policy(random_policy(tmp_path, "electra", is_decoder=False, embedding_size=32))

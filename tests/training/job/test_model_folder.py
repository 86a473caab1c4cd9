"""A model folder is judged from outside, and refused with the reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.training.world import model_folder_make
from training.job.model_folder import (
    folder_context,
    folder_problem,
    model_facts,
    prompt_version_of,
)
from training.job.types import BadInput


def test_a_causal_model_in_one_or_several_files_is_taken(tmp_path: Path) -> None:
    folder = model_folder_make(tmp_path, model_type="llama", architectures=["LlamaForCausalLM"])
    assert folder_problem(folder) is None
    (folder / "second.safetensors").write_bytes((folder / "model.safetensors").read_bytes())
    index = {"weight_map": {"a": "model.safetensors", "b": "second.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert folder_problem(folder) is None
    (folder / "second.safetensors").unlink()
    assert "lacks 1 of its weight files, such as second.safetensors" in str(
        folder_problem(folder)
    )


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"model_type": "t5", "is_encoder_decoder": True}, r"an encoder-decoder (t5)"),
        ({"model_type": "bert", "architectures": ["BertModel"]}, "an encoder (BertModel)"),
        ({"model_type": "x", "architectures": ["XForMaskedLM"]}, "an encoder (XForMaskedLM)"),
    ],
)
def test_what_cannot_write_is_refused(
    tmp_path: Path, config: dict[str, Any], reason: str
) -> None:
    problem = folder_problem(model_folder_make(tmp_path, **config))
    assert reason in str(problem)
    assert "take a causal language model" in str(problem)


def test_a_bert_that_is_a_decoder_is_taken(tmp_path: Path) -> None:
    assert (
        folder_problem(model_folder_make(tmp_path, model_type="bert", is_decoder=True)) is None
    )


@pytest.mark.parametrize(
    ("weights", "reason"),
    [
        (b"", "is no safetensors file"),
        (bytes(50), "is no safetensors file"),
        (b"\xff" * 50, "is no safetensors file"),
        (
            b"version https://git-lfs.github.com/spec/v1\n",
            "pointer, run git lfs pull",
        ),
        (b"\x02\x00\x00\x00\x00\x00\x00\x00[]", "is damaged"),
        (b"\x02\x00\x00\x00\x00\x00\x00\x00{", "is damaged"),
    ],
)
def test_what_is_no_weight_file_is_named(tmp_path: Path, weights: bytes, reason: str) -> None:
    model_folder_make(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(weights)
    assert reason in str(folder_problem(tmp_path))


def test_a_cut_weight_file_is_seen_by_its_size(tmp_path: Path) -> None:
    file = model_folder_make(tmp_path) / "model.safetensors"
    whole = file.read_bytes()
    file.write_bytes(whole[:-1])
    size = len(whole)
    assert f"is cut: it has {size - 1} bytes of {size}" in str(folder_problem(tmp_path))


def test_a_folder_without_weights_or_with_a_broken_configuration_is_refused(
    tmp_path: Path,
) -> None:
    assert "no config.json" in str(folder_problem(tmp_path / "nowhere"))
    (model_folder_make(tmp_path) / "model.safetensors").unlink()
    assert "holds no weights" in str(folder_problem(tmp_path))
    (tmp_path / "config.json").write_text("[")
    assert "is not a JSON object" in str(folder_problem(tmp_path))


def test_one_gguf_file_is_a_model_and_two_are_a_question(tmp_path: Path) -> None:
    (tmp_path / "a.gguf").write_bytes(b"GGUF....")
    assert folder_problem(tmp_path) is None
    (tmp_path / "b.gguf").write_bytes(b"GGUF....")
    assert "2 GGUF files (a.gguf, b.gguf): keep one" in str(folder_problem(tmp_path))
    (tmp_path / "a.gguf").unlink()
    (tmp_path / "b.gguf").write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    assert "Git LFS pointer" in str(folder_problem(tmp_path))


@pytest.mark.parametrize(
    ("config", "context"),
    [
        ({"max_position_embeddings": 512}, 512),
        ({"n_positions": 1024}, 1024),
        ({"text_config": {"max_position_embeddings": 256}}, 256),
        ({"max_position_embeddings": None}, None),
        ({}, None),
    ],
)
def test_the_context_is_read_from_the_configuration(
    tmp_path: Path, config: dict[str, Any], context: int | None
) -> None:
    assert folder_context(model_folder_make(tmp_path, **config)) == context


@pytest.mark.parametrize(
    ("card", "version"),
    [
        (None, "2"),  # any public model
        ({}, "1"),  # made before there were two
        ({"style": "bare"}, "1"),
        ({"prompt_version": "1"}, "1"),
        ({"prompt_version": "2"}, "2"),
    ],
)
def test_a_folder_says_which_prompts_its_model_reads(
    tmp_path: Path, card: dict[str, str] | None, version: str
) -> None:
    if card is not None:
        (tmp_path / "stepwise.json").write_text(json.dumps(card))
    assert prompt_version_of(tmp_path) == version


def test_only_a_folder_that_says_nothing_takes_the_version_that_it_is_given(
    tmp_path: Path,
) -> None:
    assert prompt_version_of(tmp_path, "1") == "1"
    (tmp_path / "stepwise.json").write_text("{}")
    assert prompt_version_of(tmp_path, "1") == "1"
    with pytest.raises(BadInput, match="reads prompts of version 1 and would be asked with"):
        prompt_version_of(tmp_path, "2")


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ('{"prompt_version": "9"}', "'prompt_version' must be one of 1, 2, not '9'"),
        ('{"prompt_version": 2}', "'prompt_version' must be one of 1, 2, not 2"),
        ('{"prompt_version": null}', "'prompt_version' must be one of 1, 2, not None"),
        ('{"style": "loud"}', "'style' must be one of"),
        ('{"layout": "sideways"}', "'layout' must be one of"),
        ("[]", "'layout' must be one of"),
        ("{", "not JSON"),
    ],
)
def test_a_folder_that_says_what_is_not_known_here_is_refused_and_nothing_is_guessed(
    tmp_path: Path, card: str, message: str
) -> None:
    (tmp_path / "stepwise.json").write_text(card)
    for read in (model_facts, prompt_version_of):
        with pytest.raises(BadInput, match=message):
            read(tmp_path)

"""What counts as a model folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.prompts import PairText, policy_prompt
from training.rl.policy import load_policy
from training.rl.types import BadInput

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
    (tmp_path / "model.gguf").write_bytes(b"not a model")
    with pytest.raises(BadInput, match="cannot load the model"):
        load_policy(tmp_path)


def test_an_instructed_policy_is_told_the_sections_in_its_own_order() -> None:
    pair = PairText("red shoe", "red shoe")
    last = policy_prompt(pair, "instruct")
    first = policy_prompt(pair, "instruct", layout="answer_first")
    assert last.index("## 1 query") < last.index("## 5 final")
    assert first.index("## 5 final") < first.index("## 1 query")
    assert policy_prompt(pair, layout="answer_first") == policy_prompt(pair)  # bare: no order

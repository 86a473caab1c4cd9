"""What the paths of a file of chains of thought are taken for at first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from annotation.pairs.cot_guess import parts_guess, tool_of
from annotation.pairs.preview import file_preview
from tests.annotation.pairs.readers.traces import PROMPT, TEXT, TRACES


def guessed(folder: Path, record: dict[str, Any]) -> tuple[str, dict[str, str]]:
    path = folder / "in.jsonl"
    path.write_text(json.dumps(record))
    columns = file_preview(path, spread=True).columns
    meanings = zip(columns, parts_guess(columns), strict=True)
    return tool_of(columns), {meaning: c.name for c, meaning in meanings if meaning}


@pytest.mark.parametrize("tool", TRACES)
def test_the_paths_of_each_tool_are_recognised(tool: str, tmp_path: Path) -> None:
    record, parts = TRACES[tool]
    known, guess = guessed(tmp_path, record)
    assert known.lower() == tool
    wanted = {name: path for name, path in parts.items() if name != "after"}
    assert wanted.items() <= guess.items()


def test_a_table_is_recognised_by_what_people_write_over_columns(tmp_path: Path) -> None:
    table = {"id": "p7", "search term": "a", "name": "Shoes", "reasoning": "long " * 20}
    assert guessed(tmp_path, table) == (
        "",
        {"query": "search term", "title": "name", "product_id": "id", "text": "reasoning"},
    )


def test_five_columns_are_the_steps_and_a_grade_beside_them_the_tier(tmp_path: Path) -> None:
    steps: dict[str, Any] = {f"step_{n}": f"text {n}" for n in range(1, 6)}
    table = {"query": "a", "title": "b", **steps, "rating": 3}
    _, guess = guessed(tmp_path, table)
    assert guess == {name: name for name in ("query", "title", *steps)} | {"tier": "rating"}


def test_of_a_trace_nothing_but_what_went_in_is_the_key(tmp_path: Path) -> None:
    record: dict[str, Any] = {
        "id": "run-1",
        "name": "judge",
        "run_type": "llm",
        "trace_id": "t",
    }
    record |= {"inputs": {"prompt": PROMPT}, "outputs": {"text": TEXT}}
    _, guess = guessed(tmp_path, record)
    assert guess == {"prompt": "inputs.prompt", "text": "outputs.text"}

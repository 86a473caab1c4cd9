"""The file that keeps what updates rewarded: appended to, cut short, read from any line."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from training.job.ledger import (
    LedgerLine,
    ledger_append,
    ledger_read,
    ledger_rewind,
    ledger_share,
)
from training.job.types import BadInput


def line(update: int, text: str = "## 1 query analysis\n", **values: Any) -> LedgerLine:
    row: list[float | None] = [None, None, 1.0, 0.0, 1.0]
    fields: dict[str, Any] = {
        "update": update, "pair_id": "7", "texts": [text], "which": [0, 0],
        "errors": [None, "cut"], "steps": [["ab" * 32, None, None, None, None]],
        "rewards": [row, row], "sources": [[None, None, "gold", "gold", "gold"]] * 2,
        "p": [[None] * 5] * 2, "z": [[0.0] * 5] * 2, "advantages": [[0.5] * 5] * 2,
        "masked": [[1, 1, 0, 0, 0]] * 2, "unfilled": False,
    }  # fmt: skip
    return LedgerLine(**{**fields, **values})


def updates(path: Path, offset: int = 0) -> list[int]:
    return [placed.line.update for placed in ledger_read(path, offset)]


@settings(max_examples=30)
@given(st.lists(st.text(max_size=40_000), min_size=1, max_size=6))
def test_what_is_appended_is_read_again_whatever_the_texts(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    path = tmp_path_factory.mktemp("ledger") / "ledger"
    lines = [line(number, text) for number, text in enumerate(texts, 1)]
    for each in lines:
        ledger_append(path, [each])
    assert [placed.line for placed in ledger_read(path)] == lines


def test_zstdcat_shows_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    ledger_append(path, [line(1), line(2, "é")])
    reader = zstandard.ZstdDecompressor().stream_reader(
        io.BytesIO(path.read_bytes()), read_across_frames=True
    )
    rows = [json.loads(row) for row in reader.read().decode().splitlines()]
    assert [row["texts"] for row in rows] == [["## 1 query analysis\n"], ["é"]]


def test_a_line_is_read_from_its_place_without_those_before_it(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    ledger_append(path, [line(1), line(2), line(3)])
    places = {placed.line.update: placed.start for placed in ledger_read(path)}
    assert updates(path, places[3]) == [3]


def test_a_torn_last_frame_is_no_line_wherever_it_was_cut(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    ledger_append(path, [line(1)])
    whole = path.stat().st_size
    ledger_append(path, [line(2)])
    body = path.read_bytes()
    for length in range(whole, len(body)):
        path.write_bytes(body[:length])
        assert updates(path) == [1]


def test_a_tail_of_zeros_is_no_line(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    ledger_append(path, [line(1)])
    with path.open("ab") as handle:
        handle.write(bytes(64))
    assert updates(path) == [1]


def test_rewinding_cuts_what_is_done_again_and_the_torn_end(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    ledger_append(path, [line(n) for n in (1, 1, 2, 2, 3)])
    with path.open("ab") as handle:
        handle.write(b"\x28\xb5\x2f\xfd")
    left = ledger_rewind(path, 2)
    assert updates(path) == [1, 1, 2, 2]
    assert left == path.stat().st_size
    ledger_append(path, [line(3), line(4)])
    assert updates(path) == [1, 1, 2, 2, 3, 4]


def test_a_ledger_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert updates(tmp_path / "ledger") == []
    assert ledger_rewind(tmp_path / "ledger", 3) == 0


def test_a_frame_of_something_else_is_named(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    path.write_bytes(zstandard.compress(b'{"update": 1}\n'))
    with pytest.raises(BadInput, match="ledger at byte 0: not a line of a ledger"):
        updates(path)


@pytest.mark.parametrize(
    ("setting", "share"), [("full", 1), ("off", 0), ("sampled:0.1", 0.1), ("sampled:1", 1)]
)
def test_the_setting_names_a_share(setting: str, share: float) -> None:
    assert ledger_share(setting) == share


@pytest.mark.parametrize("setting", ["", "on", "sampled", "sampled:0", "sampled:1.5", "0.1"])
def test_a_setting_that_names_none_is_refused(setting: str) -> None:
    with pytest.raises(BadInput, match=r"'rl\.ledger' must be full, off or sampled:SHARE"):
        ledger_share(setting)

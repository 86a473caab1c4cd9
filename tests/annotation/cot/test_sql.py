"""Statements out of their files."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import pytest

from annotation.cot.sql import statement


class State(StrEnum):
    OPEN = "open"
    ODD = "it's"


@pytest.fixture
def module(tmp_path: Path) -> str:
    (tmp_path / "sql").mkdir()
    (tmp_path / "sql" / "items.sql").write_text(
        "SELECT id FROM item\n"
        "WHERE state = %(open)s AND state IN %(states)s AND n < %(n)s AND slug = %(slug)s\n"
        "    -- if mine\n"
        "    AND person = %(person)s\n"
        "    -- end\n"
        "ORDER BY id\n"
    )
    return str(tmp_path / "service.py")


def test_constants_are_written_into_the_text_and_parameters_stay(module: str) -> None:
    states = (State.OPEN, State.ODD)
    assert statement(module, "items", open=State.OPEN, states=states, n=3) == (
        "SELECT id FROM item\n"
        "WHERE state = 'open' AND state IN ('open', 'it''s') AND n < 3 AND slug = %(slug)s\n"
        "ORDER BY id\n"
    )


def test_a_part_is_there_when_it_is_named(module: str) -> None:
    assert "person" not in statement(module, "items")
    text = statement(module, "items", parts=["mine"])
    assert "    AND person = %(person)s\nORDER BY id\n" in text
    assert "--" not in text

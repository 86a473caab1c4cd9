"""What a form takes columns for at first, by their names and values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from annotation.pairs.column_guess import meanings_guess, tiers_guess
from annotation.pairs.preview import file_preview


def guessed(folder: Path, record: Mapping[str, object]) -> dict[str, str]:
    path = folder / "t.jsonl"
    path.write_text(json.dumps(record))
    columns = file_preview(path).columns
    return dict(zip(record, meanings_guess(columns), strict=True))


def test_names_in_three_languages_say_what_a_column_is(tmp_path: Path) -> None:
    for query, title, grade in (
        ("Search_Term", "Product Name", "Rating"),
        ("suchbegriff", "Titel", "Bewertung"),
        ("搜索词", "商品名称", "评分"),
    ):
        meanings = guessed(tmp_path, {query: "a", title: "b", grade: "1"})
        assert list(meanings.values()) == ["query", "title", "tier"]


def test_the_better_name_wins_and_what_is_short_is_an_attribute(tmp_path: Path) -> None:
    record = {"name": "n", "title": "t", "query": "q", "story": "long " * 20, "empty": ""}
    assert list(guessed(tmp_path, record).values()) == ["attribute", "title", "query", "", ""]


def test_raters_are_seen_and_give_way_to_a_final_grade(tmp_path: Path) -> None:
    raters = {"query": "q", "title": "t", "agent_1_rating": 3, "agent_2_rating": 0}
    assert list(guessed(tmp_path, raters).values())[2:] == ["rater", "rater"]
    final = guessed(tmp_path, raters | {"final_rating": 3})
    assert list(final.values())[2:] == ["", "", "tier"]


def test_of_argilla_s_export_the_answers_are_raters_and_its_book_keeping_is_left_out(
    tmp_path: Path,
) -> None:
    record = {
        "id": "r1",
        "status": "completed",
        "query": "rake",
        "title": "Leaf rake",
        "fit.responses": ["4", "3"],
        "fit.responses.users": ["u1", "u2"],
        "fit.responses.status": ["submitted", "submitted"],
        "fit.suggestion": "3",
        "_server_id": "x",
    }
    meanings = guessed(tmp_path, record)
    kept = {name: meaning for name, meaning in meanings.items() if meaning}
    assert kept == {"query": "query", "title": "title", "fit.responses": "rater"}


@pytest.mark.parametrize(
    ("grades", "tiers"),
    [
        (["1", "4"], {"1": "1", "4": "4"}),
        (["0", "3"], {"0": "1", "3": "4"}),
        (["0", "10"], {"0": "", "10": ""}),
        (["Exact", "Irrelevant", "odd"], {"Exact": "4", "Irrelevant": "1", "odd": ""}),
    ],
)
def test_grades_have_tiers_where_they_plainly_say_so(
    grades: list[str], tiers: dict[str, str]
) -> None:
    assert tiers_guess(grades) == tiers

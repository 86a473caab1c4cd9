"""Argilla's nested records are the table that it exports itself when it flattens them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from annotation.pairs.column_guess import mapping_of, meanings_guess
from annotation.pairs.formats import read_rows
from annotation.pairs.preview import file_preview
from annotation.pairs.readers.argilla import as_table
from annotation.pairs.readers.rows import PairRow


def record(*grades: tuple[int, str]) -> dict[str, Any]:
    answers = [{"value": grade, "status": state, "user_id": "u"} for grade, state in grades]
    return {
        "id": "rec-1",
        "fields": {"query": "rake", "title": "Leaf rake 60 cm"},
        "metadata": {"sku": "R60"},
        "suggestions": {"relevance": {"value": 1, "score": 0.5, "agent": "m"}},
        "responses": {"relevance": answers},
        "status": "completed",
    }


def test_nested_records_become_pairs_with_the_grades_that_were_submitted(
    tmp_path: Path,
) -> None:
    path = tmp_path / "records.json"
    path.write_text(json.dumps([record((4, "submitted"), (1, "draft"), (4, "submitted"))]))
    preview = file_preview(path)
    assert preview.names == [
        "sku", "query", "title", "relevance.suggestion", "relevance.responses",
        "relevance.responses.status",
    ]  # fmt: skip
    meanings = meanings_guess(preview.columns)
    mapping = mapping_of(preview.names, meanings, {"4": "4", "1": "1"}, "en")
    (row,) = read_rows(path, mapping=json.dumps(mapping))
    assert isinstance(row, PairRow)
    assert (row.query, row.title, row.product_id) == ("rake", "Leaf rake 60 cm", "R60")
    assert row.gold == {"5": "4"}


def test_any_other_record_stays_as_it_is() -> None:
    for other in ({"fields": {"title": "Rake"}}, {"fields": "a", "responses": {}}, {"a": [1]}):
        assert as_table(other) is other

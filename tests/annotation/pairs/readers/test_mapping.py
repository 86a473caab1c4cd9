"""A mapping reads any table; what is wrong with it is named before a row is read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.pairs.formats import MAPPING, read_rows
from annotation.pairs.readers.mapping import FIELDS, parse_mapping
from annotation.pairs.readers.rows import ImportFileError, PairRow, Row, RowError

ROW = {
    "Suche": "rechen",
    "Artikel": "Laubrechen 60 cm",
    "Marke|Firma": "Nord",
    "Merkmale": "Breite: 60 cm; Stiel: Esche",
    "Pfad": "Garten/Werkzeug › Rechen",
    "Note": "gut",
}
MADE: dict[str, Any] = {
    "query": "Suche",
    "title": "Artikel",
    "attributes": "Merkmale",
    "attribute_columns": ["Marke|Firma"],
    "category_path": "Pfad",
    "tier": "Note",
    "tiers": {"Gut": "3", "schlecht": "1", "unklar": ""},
    "default_locale": "de",
}


def read(folder: Path, rows: list[dict[str, Any]], **changed: Any) -> list[Row]:
    path = folder / "t.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return list(read_rows(path, mapping=json.dumps(MADE | changed)))


def files(folder: Path) -> list[Path]:
    names, values = (";".join(f'"{part}"' for part in parts) for parts in (ROW, ROW.values()))
    (folder / "t.csv").write_text(f"{names}\n{values}\n")
    (folder / "t.json").write_text(json.dumps([ROW]))
    pq.write_table(pa.Table.from_pylist([ROW]), folder / "t.parquet")
    return [folder / name for name in ("t.csv", "t.json", "t.parquet")]


def test_any_columns_of_any_kind_of_file_become_the_same_pair(tmp_path: Path) -> None:
    for path in files(tmp_path):
        (row,) = read_rows(path, mapping=json.dumps(MADE))
        assert row == PairRow(
            line=row.line,
            query="rechen",
            title="Laubrechen 60 cm",
            category_path="Garten/Werkzeug > Rechen",
            attributes=[("Breite", "60 cm"), ("Stiel", "Esche"), ("Marke|Firma", "Nord")],
            locale="de",
            gold={"5": "3"},
        )


def test_a_grade_that_no_tier_was_named_for_is_a_bad_row_and_one_without_tier_is_none(
    tmp_path: Path,
) -> None:
    rows = read(tmp_path, [ROW | {"Note": n} for n in ("toll", "UNKLAR", None, "schlecht")])
    assert rows[0] == RowError(1, "Note 'toll' has no tier: say which one it means")
    assert [row.gold for row in rows[1:] if isinstance(row, PairRow)] == [{}, {}, {"5": "1"}]


@pytest.mark.parametrize(
    ("grades", "gold", "silver"),
    [
        ((3, 3, 3), {"5": "4"}, {}),
        ((3, 0, 2), {}, {"5": "3"}),  # 1, 3, 4
        ((0, 3, None), {}, {"5": "1"}),  # of two in the middle the lower
        ((None, None, None), {}, {}),
        ((2.0, None, "2"), {"5": "3"}, {}),
    ],
)
def test_raters_who_agree_make_gold_and_else_their_median_silver(
    tmp_path: Path, grades: tuple[Any, ...], gold: dict[str, str], silver: dict[str, str]
) -> None:
    record = {"Suche": "q", "Artikel": "t"} | dict(zip("abc", grades, strict=True))
    tiers = {str(grade): str(grade + 1) for grade in range(4)}
    (row,) = read(tmp_path, [record], tier="", raters=["a", "b", "c"], tiers=tiers)
    assert isinstance(row, PairRow)
    assert (row.gold, row.silver) == (gold, silver)


def test_a_list_of_grades_is_one_a_rater_and_only_submitted_ones_count(tmp_path: Path) -> None:
    answers = {"fit.responses": ["yes", "no", "yes"]}
    states = {"fit.responses.status": ["submitted", "discarded", "submitted"]}
    record = {"Suche": "q", "Artikel": "t"} | answers
    tiers = {"yes": "4", "no": "1"}
    rows = read(
        tmp_path, [record, record | states], tier="", raters=["fit.responses"], tiers=tiers
    )
    everybody, those = (row for row in rows if isinstance(row, PairRow))
    assert (everybody.gold, everybody.silver) == ({}, {"5": "4"})
    assert (those.gold, those.silver) == ({"5": "4"}, {})


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("", []),
        ('{"a": "b", "c": 1}', [("a", "b"), ("c", "1")]),
        ("a: b", [("a", "b")]),
        ("a: b\nc: d", [("a", "b"), ("c", "d")]),
        ("a: b|c: d", [("a", "b"), ("c", "d")]),
        ("a: b; c: d", [("a", "b"), ("c", "d")]),
        ("a: b; and more", [("a", "b; and more")]),
        ("直径：24厘米；材质：铸铁", [("直径", "24厘米"), ("材质", "铸铁")]),
    ],
)
def test_attributes_in_one_text_are_json_or_names_and_values(
    tmp_path: Path, text: str, pairs: list[tuple[str, str]]
) -> None:
    (row,) = read(tmp_path, [ROW | {"Merkmale": text}], attribute_columns=[])
    assert isinstance(row, PairRow)
    assert row.attributes == pairs


def test_attributes_that_are_none_are_a_bad_row_and_not_dropped(tmp_path: Path) -> None:
    (row,) = read(tmp_path, [ROW | {"Merkmale": "blue\nsize: 9"}])
    assert row == RowError(1, "attributes: 'blue' is not name: value")


def test_a_column_that_the_file_lacks_refuses_it_by_name(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("Suche,Artikel\nrechen,Rechen\n")
    with pytest.raises(ImportFileError, match=r"needs the columns .*Merkmale"):
        list(read_rows(path, mapping=json.dumps(MADE)))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "it is not JSON"),
        ("[]", "must be an object"),
        ('{"title": "t"}', "no column is the query"),
        ('{"query": "q"}', "no column is the title"),
        ('{"query": "q", "title": "t", "colour": "c"}', "colour is none of query, title"),
        ('{"query": ["q"], "title": "t"}', "query must be the name of a column"),
        ('{"query": "q", "title": "t", "raters": "r"}', "raters must be a list"),
        ('{"query": "q", "title": "t", "raters": ["r", "r"]}', "raters has a column twice"),
        ('{"query": "q", "title": "t", "raters": ["r"], "tier": "g"}', "not both"),
        ('{"query": "q", "title": "t", "tiers": {"a": "4"}}', "no column is the tier"),
        ('{"query": "q", "title": "t", "tier": "g", "tiers": {"a": "5"}}', "tier 5 is none"),
        ('{"query": "q", "title": "t", "default_locale": "English!"}', "like en or zh-CN"),
    ],
)
def test_a_mapping_that_means_nothing_is_refused_with_the_part(text: str, reason: str) -> None:
    with pytest.raises(ImportFileError, match=reason):
        MAPPING.value_check(text)


@given(st.dictionaries(st.sampled_from([*FIELDS, "raters", "tiers", "x"]), st.text(max_size=5)))
def test_any_object_is_a_mapping_or_is_refused(given_: dict[str, str]) -> None:
    try:
        made = parse_mapping(json.dumps(given_))
    except ImportFileError:
        return
    assert {"query", "title"} <= made.columns.keys()

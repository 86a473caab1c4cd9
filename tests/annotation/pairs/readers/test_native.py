"""Our own columns from CSV, JSONL and Parquet: a line is a pair or an error that names it."""

from __future__ import annotations

import csv
import gzip
import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotation.cot.splits import SPLITS
from annotation.cot.steps import VALUES, StepKind
from annotation.pairs.formats import read_rows
from annotation.pairs.readers.rows import ImportFileError, PairRow, Row, RowError, row_of

on_disk = settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)

words = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12
).map(str.strip)
records = st.fixed_dictionaries(
    {
        "query": words.filter(bool),
        "title": words.filter(bool),
        "product_id": words,
        "description": words,
        "split": st.sampled_from(["", *SPLITS]),
        "tier": st.sampled_from(["", *VALUES[StepKind.FINAL]]),
        "silver_category_match": st.sampled_from(["", *VALUES[StepKind.CATEGORY]]),
    }
)


def pairs(rows: list[Row]) -> list[PairRow]:
    assert not [row for row in rows if isinstance(row, RowError)]
    return [row for row in rows if isinstance(row, PairRow)]


def write(path: Path, data: str | bytes) -> Path:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


@on_disk
@given(st.lists(records, min_size=1, max_size=5))
def test_the_three_formats_give_the_same_rows(
    tmp_path: Path, written: list[dict[str, str]]
) -> None:
    with (tmp_path / "p.csv").open("w", encoding="utf-8", newline="") as stream:
        table = csv.DictWriter(stream, list(written[0]))
        table.writeheader()
        table.writerows(written)
    write(tmp_path / "p.jsonl", "".join(json.dumps(r) + "\n" for r in written))
    pq.write_table(pa.Table.from_pylist(written), tmp_path / "p.parquet")
    rows = [
        [replace(row, line=0) for row in pairs(list(read_rows(tmp_path / f"p.{kind}")))]
        for kind in ("csv", "jsonl", "parquet")
    ]
    assert rows[0] == rows[1] == rows[2]
    assert [row.query for row in rows[0]] == [record["query"] for record in written]


@on_disk
@given(st.binary(max_size=300), st.sampled_from(["csv", "tsv", "jsonl"]))
def test_no_bytes_crash_a_reader(tmp_path: Path, data: bytes, kind: str) -> None:
    path = write(tmp_path / f"p.{kind}", data)
    with suppress(ImportFileError):
        assert all(row.line >= 1 for row in read_rows(path))


json_values = st.recursive(
    st.none()
    | st.binary(max_size=3)
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
columns = st.sampled_from(["query", "title", "attributes", "category_path", "tier", "split"])


@given(st.dictionaries(columns, json_values))
def test_no_record_crashes_the_row_check(record: dict[str, Any]) -> None:
    row = row_of(3, record)
    assert row.line == 3
    if isinstance(row, RowError):
        assert row.message
    else:
        assert row.query
        assert row.title


def test_errors_carry_the_line_an_editor_shows(tmp_path: Path) -> None:
    text = 'query,title,tier\n"two\nlines",t,4\nq,,3\nq,t\nq,t,7\n\nq,t,1\n'
    rows = list(read_rows(write(tmp_path / "p.csv", text)))
    assert [(row.line, getattr(row, "message", "")) for row in rows] == [
        (2, ""),
        (4, "the title is missing"),
        (5, "2 fields, but the header has 3"),
        (6, "tier '7' is not one of 4, 3, 2, 1"),
        (8, ""),
    ]


def test_bad_json_lines_are_named_and_the_others_read(tmp_path: Path) -> None:
    good = '{"query": "q", "title": "t"}\n'
    text = good + "{\n" + "\n" + "[1]\n" + "[" * 100_000 + "\n" + good
    rows = list(read_rows(write(tmp_path / "p.jsonl", text)))
    assert [row.line for row in rows] == [1, 2, 4, 5, 6]
    assert [isinstance(row, RowError) for row in rows] == [False, True, True, True, False]
    assert "column" in getattr(rows[1], "message", "")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"color": "red", "size": 38}, [("color", "red"), ("size", "38")]),
        ('{"color": "red"}', [("color", "red")]),
        ("color:red|size: 38", [("color", "red"), ("size", "38")]),
        ("ratio:16:9", [("ratio", "16:9")]),
        ([["color", "red"], ["color", "blue"]], [("color", "red"), ("color", "blue")]),
        (
            {"tags": ["a", "b"], "wet": True, "x": 2.0},
            [("tags", "a, b"), ("wet", "yes"), ("x", "2")],
        ),
        ({"empty": "", "none": None}, []),
        ("", []),
        (None, []),
    ],
)
def test_attributes_come_in_several_forms(value: Any, expected: list[tuple[str, str]]) -> None:
    row = row_of(1, {"query": "q", "title": "t", "attributes": value})
    assert isinstance(row, PairRow)
    assert row.attributes == expected


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"query": " ", "title": "t"}, "the query is missing"),
        ({"query": "q", "title": "a\x00b"}, "title contains a NUL character"),
        ({"query": "q\udcff", "title": "t"}, "query is not UTF-8"),
        ({"query": "q", "title": "t", "attributes": "{1"}, "attributes look like JSON"),
        ({"query": "q", "title": "t", "attributes": "red"}, "attribute 'red' has no colon"),
        (
            {"query": "q", "title": "t", "split": "dev"},
            "split 'dev' is not one of train",
        ),
        ({"query": "q", "title": "t", "query_type": "odd"}, "query_type 'odd'"),
        ({"query": "q" * 100_001, "title": "t"}, "query is longer than 100000 characters"),
        (
            {"query": "q", "title": "t", "product_id": "x" * 201},
            "product_id is longer",
        ),
    ],
)
def test_a_bad_field_is_named(record: dict[str, Any], message: str) -> None:
    row = row_of(1, record)
    assert isinstance(row, RowError)
    assert message in row.message


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("p.xlsx", b"PK", "expected .csv"),
        ("p.csv", b"", "is empty"),
        ("p.csv", b"name,price\n1,2\n", "needs the columns query, title"),
        ("p.parquet", b"not parquet", "is not Parquet"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(
    tmp_path: Path, name: str, data: bytes, message: str
) -> None:
    with pytest.raises(ImportFileError, match=message):
        list(read_rows(write(tmp_path / name, data)))


def test_a_missing_file_and_an_unknown_adapter_say_so(tmp_path: Path) -> None:
    with pytest.raises(ImportFileError, match=r"no file p\.csv"):
        list(read_rows(tmp_path / "p.csv"))
    with pytest.raises(ImportFileError, match="adapter must be one of"):
        read_rows(tmp_path / "p.csv", "excel")
    with pytest.raises(ImportFileError, match="native does not take products"):
        read_rows(tmp_path / "p.csv", "native", products=tmp_path)


def test_compressed_files_are_read(tmp_path: Path) -> None:
    line = b'{"query": "q", "title": "t"}\n'
    zipped = write(tmp_path / "p.jsonl.gz", gzip.compress(line))
    packed = write(tmp_path / "p.jsonl.zst", zstandard.compress(line))
    assert len(pairs([*read_rows(zipped), *read_rows(packed)])) == 2


def test_a_cut_gzip_file_is_refused(tmp_path: Path) -> None:
    data = gzip.compress(b'{"query": "q", "title": "t"}\n' * 500)
    with pytest.raises(ImportFileError, match="cut or damaged"):
        list(read_rows(write(tmp_path / "p.jsonl.gz", data[:-10])))

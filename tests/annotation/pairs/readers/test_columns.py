"""Columns: the needed ones are there once, the others are named, never dropped in silence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from annotation.pairs.formats import read_rows
from annotation.pairs.readers.label_studio import data_columns
from annotation.pairs.readers.native import native_columns
from annotation.pairs.readers.rows import ImportFileError, RowError
from tests.annotation.pairs.readers.test_native import pairs, write

RECORD = {"query": "q", "title": "t", "brand": "Nord", "sizes": "9"}


def three_files(folder: Path, record: Mapping[str, object]) -> list[Path]:
    names, values = ",".join(record), ",".join(map(str, record.values()))
    pq.write_table(pa.Table.from_pylist([record]), folder / "p.parquet")
    return [
        write(folder / "p.csv", f"{names}\n{values}\n"),
        write(folder / "p.jsonl", json.dumps(record)),
        write(folder / "p.json", json.dumps([record])),
        folder / "p.parquet",
    ]


def test_columns_that_nobody_reads_are_named_in_every_format(tmp_path: Path) -> None:
    for path in three_files(tmp_path, RECORD):
        columns = native_columns()
        (row,) = pairs(list(read_rows(path, columns=columns)))
        assert (list(columns.unknown), row.attributes) == (["brand", "sizes"], [])


def test_they_become_attributes_on_demand_after_the_row_s_own(tmp_path: Path) -> None:
    for path in three_files(tmp_path, RECORD | {"attributes": "color:red"}):
        columns = native_columns(as_attributes=True)
        (row,) = pairs(list(read_rows(path, columns=columns)))
        assert row.attributes == [("color", "red"), ("brand", "Nord"), ("sizes", "9")]


def test_an_object_in_an_unknown_column_is_no_attribute(tmp_path: Path) -> None:
    path = write(tmp_path / "p.jsonl", json.dumps(RECORD | {"steps": [{"kind": 1}]}))
    (row,) = read_rows(path, columns=native_columns(as_attributes=True))
    assert isinstance(row, RowError)
    assert row.message == "a part of attribute 'steps' is an object; it must be a text"


def test_unknown_data_of_a_label_studio_task_is_named_too(tmp_path: Path) -> None:
    data = {"query": "q", "title": "t", "step_1": "s", "brand": "Nord"}
    path, columns = write(tmp_path / "p.json", json.dumps([{"data": data}])), data_columns()
    pairs(list(read_rows(path, "label-studio", columns=columns)))
    assert list(columns.unknown) == ["brand"]


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("query,title,product_id,product_id", "has the column product_id twice"),
        ("foo,bar", "needs the columns query, title; it has foo, bar"),
        ("query:title", "it has query:title"),
    ],
)
def test_a_header_is_checked_though_no_row_follows(
    tmp_path: Path, header: str, words: str
) -> None:
    for name, separator in (("p.csv", ","), ("p.tsv", "\t")):
        path = write(tmp_path / name, header.replace(",", separator) + "\n")
        with pytest.raises(ImportFileError, match=words):
            list(read_rows(path))


def test_the_columns_of_parquet_are_checked_before_its_rows(tmp_path: Path) -> None:
    twice = pa.table([["a"], ["b"], ["c"]], names=["query", "title", "title"])
    for table, words in ((twice, "title twice"), (pa.table({"foo": ["a"]}), "it has foo")):
        pq.write_table(table, tmp_path / "p.parquet")
        with pytest.raises(ImportFileError, match=words):
            list(read_rows(tmp_path / "p.parquet"))


def test_an_unread_column_of_parquet_is_not_even_decoded(tmp_path: Path) -> None:
    bad = pa.array([b"a\xff"], pa.binary()).cast(pa.string(), safe=False)
    path = tmp_path / "p.parquet"
    pq.write_table(pa.table({"query": ["q"], "title": ["t"], "note": bad}), path)
    assert len(pairs(list(read_rows(path)))) == 1
    pq.write_table(
        pa.table({"query": ["q", "q"], "title": pa.concat_arrays([bad, pa.array(["t"])])}), path
    )
    first, second = read_rows(path)
    assert (first.line, getattr(first, "message", "")) == (1, "title is not UTF-8")
    assert pairs([second])


def test_blank_lines_before_the_header_and_unnamed_columns_after_it_are_nothing(
    tmp_path: Path,
) -> None:
    path = write(tmp_path / "p.csv", "\n  \nquery,title,,\nq,t,,\n")
    columns = native_columns()
    (row,) = pairs(list(read_rows(path, columns=columns)))
    assert (row.line, list(columns.unknown)) == (4, [])

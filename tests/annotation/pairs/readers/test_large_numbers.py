"""Numbers and dates that cannot be kept as they were written are refused by row."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from annotation.pairs.formats import read_rows
from annotation.pairs.readers.rows import PairRow, RowError


def rows_of(folder: Path, number: str) -> list[PairRow | RowError]:
    path = folder / "p.jsonl"
    path.write_text('{"query": "q", "title": "t", "product_id": ' + number + "}\n")
    return list(read_rows(path))


@pytest.mark.parametrize("number", ["12345678901234567890.5", "1e999", "-9007199254740993.0"])
def test_a_float_that_is_not_exact_is_refused(number: str, tmp_path: Path) -> None:
    (row,) = rows_of(tmp_path, number)
    assert isinstance(row, RowError)
    assert row.message.startswith("product_id is a number or a date too large to be exact")


@pytest.mark.parametrize("number", ["123456789012345678901234567", "9007199254740991.0", "7"])
def test_what_is_exact_is_kept(number: str, tmp_path: Path) -> None:
    (row,) = rows_of(tmp_path, number)
    assert isinstance(row, PairRow)
    assert row.product_id == str(int(json.loads(number)))


@pytest.mark.parametrize("name", ["p.jsonl", "p.json", "p.csv"])
def test_a_number_of_thousands_of_digits_is_refused_in_plain_words(
    name: str, tmp_path: Path
) -> None:
    number = "9" * 5000
    record = '{"query": "q", "title": "t", "attributes": {"mass": ' + number + "}}"
    lines = {
        "p.jsonl": record,
        "p.json": f"[{record}]",
        "p.csv": f'query,title,attributes\nq,t,"{{""mass"": {number}}}"',
    }
    (tmp_path / name).write_text(lines[name])
    (row,) = read_rows(tmp_path / name)
    assert isinstance(row, RowError)
    assert row.message.endswith(
        "a number of 5000 digits cannot be read; write it as text, in quotes"
    )


@pytest.mark.parametrize("kind", [pa.date32(), pa.timestamp("us")])
def test_a_date_that_no_calendar_has_is_refused_by_its_row(
    kind: pa.DataType, tmp_path: Path
) -> None:
    path = tmp_path / "p.parquet"
    far = pa.array([1, 2**31 - 1 if kind == pa.date32() else 2**62], kind)
    pq.write_table(pa.table({"query": ["q"] * 2, "title": ["t"] * 2, "product_id": far}), path)
    good, bad = read_rows(path)
    assert isinstance(good, PairRow)
    assert good.product_id.startswith("1970-01-0")
    assert isinstance(bad, RowError)
    assert bad.line == 2
    assert "too large to be exact" in bad.message

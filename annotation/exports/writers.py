"""Records to a file, one batch in memory at a time. No Django."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

Record = Mapping[str, Any]
Writer = Callable[[Path, Iterable[Record]], None]

BATCH = 2000
_BUFFER = 1 << 20  # bytes: a file of long lines would else be a write of the system each
# A cell that begins like this is a formula to a spreadsheet; an apostrophe makes it text.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def jsonl_writer(schema: pa.Schema) -> Writer:
    """One object a line, UTF-8; every line has all keys of ``schema``, in its types."""

    def write(path: Path, records: Iterable[Record]) -> None:
        with path.open("wb", _BUFFER) as stream:
            for batch in batches(records):
                stream.write(json_lines(pa.Table.from_pylist(batch, schema=schema)))

    return write


def json_lines(table: pa.Table) -> bytes:
    """A share of 1 is written 1.0: readers that take types from the first lines see a float."""
    return b"".join(orjson.dumps(row) + b"\n" for row in table.to_pylist())


def write_json_array(path: Path, records: Iterable[Record]) -> None:
    """One JSON array, an element a line."""
    with path.open("wb", _BUFFER) as stream:
        stream.write(b"[")
        for number, record in enumerate(records):
            stream.write((b",\n" if number else b"\n") + orjson.dumps(record))
        stream.write(b"\n]\n")


def csv_writer(columns: Sequence[str], spreadsheet: bool = False) -> Writer:
    """RFC 4180 with a header; None is an empty cell. For a ``spreadsheet`` no text is a
    formula; elsewhere a text stays as it is."""
    cell = _cell if spreadsheet else _same

    def write(path: Path, records: Iterable[Record]) -> None:
        with path.open("w", encoding="utf-8", newline="") as stream:
            rows = csv.writer(stream)
            rows.writerow(columns)
            rows.writerows([cell(record[name]) for name in columns] for record in records)

    return write


def parquet_writer(schema: pa.Schema) -> Writer:
    """Zstandard-compressed, a row group a batch, types as in ``schema``."""

    def write(path: Path, records: Iterable[Record]) -> None:
        with pq.ParquetWriter(path, schema, compression="zstd") as file:
            for batch in batches(records):
                file.write_table(pa.Table.from_pylist(batch, schema=schema))

    return write


def batches(records: Iterable[Record], size: int = BATCH) -> Iterator[list[Record]]:
    rest = iter(records)
    while batch := list(islice(rest, size)):
        yield batch


def _same(value: Any) -> Any:
    return value


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value

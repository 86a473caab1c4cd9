"""Records to a file, one batch in memory at a time. No Django."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

Record = Mapping[str, Any]
Writer = Callable[[Path, Iterable[Record]], None]
Append = Callable[[list[Record]], object]  # writes a batch to an open file

BATCH = 2000
_BUFFER = 1 << 20  # bytes: a file of long lines would else be a write of the system each
# A cell that begins like this is a formula to a spreadsheet; an apostrophe makes it text.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def jsonl_writer(schema: pa.Schema) -> Writer:
    """One object a line, UTF-8; every line has all keys of ``schema``, in its types."""
    return _batched(lambda path: jsonl_file(path, schema))


def parquet_writer(schema: pa.Schema) -> Writer:
    """Zstandard-compressed, a row group a batch, types as in ``schema``."""
    return _batched(lambda path: parquet_file(path, schema))


def csv_writer(columns: Sequence[str], spreadsheet: bool = False) -> Writer:
    """RFC 4180 with a header; None is an empty cell. For a ``spreadsheet`` no text is a
    formula; elsewhere a text stays as it is."""
    return _batched(lambda path: _csv_file(path, columns, _cell if spreadsheet else _same))


def json_writer(before: str = "[", after: str = "\n]\n") -> Writer:
    """One JSON document around a list, an element a line."""
    return _batched(lambda path: _json_file(path, before, after))


@contextmanager
def jsonl_file(path: Path, schema: pa.Schema) -> Iterator[Append]:
    """A share of 1 is written 1.0: readers that take types from the first lines see a float."""
    with path.open("wb", _BUFFER) as stream:

        def append(rows: list[Record]) -> None:
            for row in pa.Table.from_pylist(rows, schema=schema).to_pylist():
                stream.write(orjson.dumps(row) + b"\n")

        yield append


@contextmanager
def parquet_file(path: Path, schema: pa.Schema) -> Iterator[Append]:
    with pq.ParquetWriter(path, schema, compression="zstd") as file:
        yield lambda rows: file.write_table(pa.Table.from_pylist(rows, schema=schema))


@contextmanager
def _csv_file(
    path: Path, columns: Sequence[str], cell: Callable[[Any], Any]
) -> Iterator[Append]:
    with path.open("w", encoding="utf-8", newline="") as stream:
        sheet = csv.writer(stream)
        sheet.writerow(columns)
        yield lambda rows: sheet.writerows(
            [cell(row[name]) for name in columns] for row in rows
        )


@contextmanager
def _json_file(path: Path, before: str, after: str) -> Iterator[Append]:
    with path.open("wb", _BUFFER) as stream:
        stream.write(before.encode())
        between = b"\n"

        def append(rows: list[Record]) -> None:
            nonlocal between
            for row in rows:
                stream.write(between + orjson.dumps(row))
                between = b",\n"

        yield append
        stream.write(after.encode())


def _batched(opened: Callable[[Path], AbstractContextManager[Append]]) -> Writer:
    def write(path: Path, records: Iterable[Record]) -> None:
        with opened(path) as append:
            for batch in batches(records):
                append(batch)

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

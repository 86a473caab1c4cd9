"""Records with line numbers out of CSV, TSV, JSONL, JSON and Parquet, streamed. No Django."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from annotation.pairs.readers.columns import Columns
from annotation.pairs.readers.csv_text import csv_records
from annotation.pairs.readers.json_array import array_elements
from annotation.pairs.readers.json_text import BadJson, json_value
from annotation.pairs.readers.opening import MAX_LINE, Unreadable, file_look, open_text
from annotation.pairs.readers.parquet import parquet_records, parquet_total
from annotation.pairs.readers.rows import ImportFileError, RowError

Record = Mapping[str, Any]
Records = Iterator[tuple[int, Record | RowError]]

__all__ = ["csv_records", "records", "row_total"]


def records(path: Path, columns: Columns | None = None) -> Records:
    """By name and content: .csv, .tsv, .jsonl, .json (all also .gz, .zst) and .parquet.

    Raises:
        ImportFileError: no such file, none that can be read, or none of the right columns.
    """
    columns = columns or Columns()
    kind = file_look(path).kind
    if kind == "parquet":
        return parquet_records(path, columns)
    if kind in ("jsonl", "json"):
        return _json_records(path, columns)
    if kind == "tsv":
        return csv_records(path, "\t", columns, quoting=csv.QUOTE_NONE)
    return csv_records(path, ",", columns)


def row_total(path: Path) -> int | None:
    """Rows for a progress bar: exact for Parquet, about right for plain text, else None."""
    kind, packing, _ = file_look(path)
    if kind == "parquet":
        return parquet_total(path)
    if packing or kind == "json":
        return None
    with path.open("rb") as stream:
        return sum(block.count(b"\n") for block in iter(lambda: stream.read(1 << 20), b""))


def _json_records(path: Path, columns: Columns) -> Records:
    """By the first character: objects a line, whatever the name says, or one array of them."""
    with open_text(path) as raw:
        try:
            first = raw.peek().lstrip()[:1]
        except Unreadable as error:
            raise ImportFileError(f"{path.name}: {error}") from error
        array = first == b"[" or (file_look(path).kind == "json" and first != b"{")
        read = _elements(raw) if array else _lines(raw)
        for line, value in read:
            if isinstance(value, dict):
                columns.note(value)
                yield line, value
            else:
                good = isinstance(value, RowError)
                yield line, value if good else RowError(line, "expected an object")


def _lines(raw: io.BufferedReader) -> Iterator[tuple[int, Any]]:
    line = 0
    while True:
        line += 1
        try:
            data = raw.readline(MAX_LINE + 1)
        except Unreadable as error:
            yield line, RowError(line, str(error))
            return
        if not data:
            return
        if len(data) > MAX_LINE:
            yield line, RowError(line, f"a line longer than {MAX_LINE} bytes")
            return
        if not data.isspace():
            try:
                yield line, json_value(data)
            except BadJson as error:
                yield line, RowError(line, str(error))


def _elements(raw: io.BufferedReader) -> Iterator[tuple[int, Any]]:
    """The "line" is the element's number."""
    text = io.TextIOWrapper(raw, "utf-8", errors="surrogateescape")
    number = 0
    try:
        for number, element in enumerate(array_elements(text, MAX_LINE), 1):
            yield number, element
    except (ValueError, RecursionError, Unreadable) as error:
        yield number + 1, RowError(number + 1, f"not a JSON array: {error}")

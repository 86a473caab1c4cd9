"""Records with line numbers out of CSV, TSV, JSONL, JSON and Parquet, streamed. No Django."""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from annotation.pairs.readers.archive import data_files
from annotation.pairs.readers.argilla import as_table
from annotation.pairs.readers.columns import Columns
from annotation.pairs.readers.csv_text import csv_records
from annotation.pairs.readers.fields import BadField
from annotation.pairs.readers.json_array import array_elements
from annotation.pairs.readers.json_text import BadJson, json_value
from annotation.pairs.readers.opening import MAX_LINE, Look, Unreadable, file_look, open_text
from annotation.pairs.readers.parquet import parquet_records, parquet_total
from annotation.pairs.readers.rows import ImportFileError, Row, RowError, Rows

# Under which an object has rows, where it is no row itself.
_AROUND = (
    "data",
    "items",
    "records",
    "rows",
    "runs",
    "traces",
    "spans",
    "observations",
    "examples",
)
Record = Mapping[str, Any]
Records = Iterator[tuple[int, Record | RowError]]


def records(path: Path, columns: Columns | None = None) -> Records:
    """By name and content: .csv, .tsv, .jsonl, .json (all also .gz, .zst) and .parquet.

    Raises:
        ImportFileError: no such file, none that can be read, or none of the right columns.
    """
    columns, file = columns or Columns(), file_look(path)
    file = file._replace(encoding=file.encoding or columns.encoding)
    if file.kind == "parquet":
        return parquet_records(path, columns)
    if file.kind in ("jsonl", "json"):
        return _json_records(path, file, columns)
    return csv_records(path, file, columns)


def folder_records(path: Path, columns: Columns) -> Records:
    """Those of a file, or of all data files of a folder, one after the other.

    Raises:
        ImportFileError: as :func:`records`; a folder without a data file.
    """
    if not path.is_dir():
        yield from records(path, columns)
        return
    if not (parts := data_files(path)):
        raise ImportFileError(f"there is no data file in the folder {path.name}")
    for part in parts:
        for line, record in records(part, columns):
            # A line number alone does not say which of several files is meant.
            if len(parts) > 1 and isinstance(record, RowError):
                record = RowError(line, f"{part.name}: {record.message}")
            yield line, record


def checked_records(
    path: Path, *needed: str, quoted: bool = False, encoding: str = ""
) -> Records:
    """Records that all have the columns ``needed`` (:class:`Columns`).

    Raises:
        ImportFileError: as :func:`records`, also where the first object has not all of them.
    """
    columns, checked = Columns(needed, quoted=quoted, encoding=encoding), False
    for line, record in records(path, columns):
        if isinstance(record, RowError):
            yield line, record
            continue
        missing = columns.missing(record)
        if missing and not checked:
            raise ImportFileError(f"{path.name}: {missing}")
        checked = True
        yield line, RowError(line, missing) if missing else record


def right_records(
    path: Path, *needed: str, quoted: bool = False, encoding: str = ""
) -> Iterator[tuple[int, Record]]:
    """Checked records of a file that is of use only when all of it is right. It may lie beside
    one in another ``encoding``: what is UTF-8 is read as that.

    Raises:
        ImportFileError: a record is not.
    """
    encoding = "" if encoding and _is_utf8(path) else encoding
    for line, record in checked_records(path, *needed, quoted=quoted, encoding=encoding):
        if isinstance(record, RowError):
            raise ImportFileError(f"{path.name}, line {line}: {record.message}")
        yield line, record


def rows_made(read: Records, make: Callable[[int, Record], Row]) -> Rows:
    """``make`` of every record; it may raise ``BadField``."""
    for line, record in read:
        if isinstance(record, RowError):
            yield record
            continue
        try:
            yield make(line, record)
        except BadField as error:
            yield RowError(line, str(error))


def _is_utf8(path: Path) -> bool:
    file, decoder = file_look(path), codecs.getincrementaldecoder("utf-8")()
    if file.kind == "parquet":
        return True
    try:
        with open_text(path, file) as raw:
            for block in iter(lambda: raw.read(1 << 20), b""):
                decoder.decode(block)
            decoder.decode(b"", final=True)
    except (UnicodeDecodeError, Unreadable):
        return False
    return True


def row_total(path: Path, file: Look) -> int | None:
    """Rows for a progress bar: exact for Parquet, about right for plain text, else None."""
    if file.kind == "parquet":
        return parquet_total(path)
    if file.packing or file.kind == "json":
        return None
    with path.open("rb") as stream:
        return sum(block.count(b"\n") for block in iter(lambda: stream.read(1 << 20), b""))


def _json_records(path: Path, file: Look, columns: Columns) -> Records:
    """By the first character: objects a line, whatever the name says, or one array of them; a
    .json may be one object, around such an array or not."""
    with open_text(path, file) as raw:
        try:
            first = raw.peek().lstrip()[:1]
        except Unreadable as error:
            raise ImportFileError(f"{path.name}: {error}") from error
        array = first == b"[" or (file.kind == "json" and first != b"{")
        inside = [] if array or file.kind != "json" else _within(path, file)
        read = enumerate(inside, 1) if inside else _elements(raw) if array else _lines(raw)
        for line, value in read:
            if isinstance(value, dict):
                record = as_table(value) if columns.argilla else value
                columns.note(record)
                yield line, record
            else:
                good = isinstance(value, RowError)
                yield line, value if good else RowError(line, "expected an object")


def _within(path: Path, file: Look) -> list[Any]:
    """The rows of a file that is one object, as programming interfaces answer; none of one that
    is several, or longer than a line may be."""
    try:
        with open_text(path, file) as raw:
            data = raw.read(MAX_LINE + 1)
        value = json_value(data) if len(data) <= MAX_LINE else None
    except (BadJson, Unreadable):  # then its lines are read, and say what is wrong
        return []
    if not isinstance(value, dict):
        return []
    lists = [value[name] for name in _AROUND if isinstance(value.get(name), list)]
    return lists[0] if len(lists) == 1 and lists[0] else [value]


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
    except BadJson as error:
        yield number + 1, RowError(number + 1, str(error))
    except RecursionError:
        yield number + 1, RowError(number + 1, "not JSON: nested too deeply")
    except (ValueError, Unreadable) as error:
        yield number + 1, RowError(number + 1, f"not a JSON array: {error}")

"""Rows of CSV and TSV; in our TSV a quote is a character, as in that of databases."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

from annotation.pairs.readers.columns import Columns
from annotation.pairs.readers.opening import MAX_LINE, Look, Unreadable, open_text
from annotation.pairs.readers.rows import ImportFileError, RowError

csv.field_size_limit(2 * MAX_LINE)  # ours comes first

DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar |"}
_BLANK_LINES = 100  # before the header, at most, where the delimiter is looked for
_FOR_EXCEL = re.compile(r'"?sep=.?"?\s*')  # a first line that tells Excel the delimiter


class Dialect(NamedTuple):
    delimiter: str
    quoting: Any


def csv_records(
    path: Path, file: Look, columns: Columns
) -> Iterator[tuple[int, Mapping[str, Any] | RowError]]:
    """Records by the header's names; a row of another length is an error.

    Raises:
        ImportFileError: no header, or not the right columns in it.
    """
    header = None
    with open_text(path, file) as raw:
        # Undecodable bytes become surrogates, which the row check reports with their line.
        text = io.TextIOWrapper(raw, "utf-8", errors="surrogateescape", newline="")
        first = _to_header(path, text)
        dialect = dialect_of(first[-1] if first else "", file.kind, columns)
        for line, last, cells in _rows(chain(first, text), dialect):
            if header is None:
                header = _header(path, line, cells, columns, dialect.delimiter)
            elif isinstance(cells, str):
                yield line, RowError(line, cells + _joined(line, last))
            elif len(cells) == len(header):
                yield line, dict(zip(header, cells, strict=True))
            elif cells:
                message = f"{len(cells)} fields, but the header has {len(header)}"
                yield line, RowError(line, message + _joined(line, last))
    if header is None:
        raise ImportFileError(f"{path.name} is empty")


def dialect_of(header: str, kind: str, columns: Columns) -> Dialect:
    """That with which the header has all columns that are needed. Where none proves itself so,
    it is what the file's name says, or the one that parts a header without such a delimiter."""
    usual = "\t" if kind == "tsv" else ","
    cells: dict[Dialect, list[str]] = {}
    for delimiter in (usual, *DELIMITERS):
        as_database = kind == "tsv" and delimiter == "\t" and not columns.quoted
        each = Dialect(delimiter, csv.QUOTE_NONE if as_database else csv.QUOTE_MINIMAL)
        read = next(csv.reader([header], **each._asdict()), [])
        cells[each] = [cell.strip() for cell in read]
        if not columns.widest and not columns.missing(cells[each]):
            return each
    first, most = next(iter(cells)), max(cells, key=lambda each: len(cells[each]))
    return first if len(cells[first]) > 1 and not columns.widest else most


def _to_header(path: Path, text: Iterable[str]) -> list[str]:
    """The lines up to the first that says something; what tells Excel the delimiter is blank
    to us."""
    lines: list[str] = []
    try:
        for line in islice(text, _BLANK_LINES):
            excel = not lines and _FOR_EXCEL.fullmatch(line)
            lines.append("\n" if excel else line)
            if not excel and line.strip("".join(DELIMITERS) + ' "\r\n'):
                break
    except Unreadable as error:
        raise ImportFileError(f"{path.name}, line {len(lines) + 1}: {error}") from error
    return lines


def _rows(text: Iterable[str], dialect: Dialect) -> Iterator[tuple[int, int, list[str] | str]]:
    """(first line, last line, the cells or what is wrong)."""
    size = 0

    def lines() -> Iterator[str]:
        nonlocal size
        for each in text:
            size += len(each)
            if size > MAX_LINE:
                raise Unreadable(f"a row longer than {MAX_LINE} characters")
            yield each

    reader = csv.reader(lines(), strict=True, **dialect._asdict())
    while True:
        line, size = reader.line_num + 1, 0
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, reader.line_num, f"not CSV: {error}"
        except Unreadable as error:
            yield line, reader.line_num, str(error)
            return
        else:
            yield line, reader.line_num, cells


def _header(
    path: Path, line: int, cells: list[str] | str, columns: Columns, delimiter: str
) -> list[str] | None:
    """None for a blank line before it."""
    if isinstance(cells, str):
        raise ImportFileError(f"{path.name}, line {line}: {cells}")
    header = [cell.strip() for cell in cells]
    if not any(header):
        return None
    others = ", ".join(name for each, name in DELIMITERS.items() if each != delimiter)
    way = f"read with {DELIMITERS[delimiter]} between the columns; {others} would do too"
    columns.header(path, header, f" ({way})")
    return header


def _joined(first: int, last: int) -> str:
    if last <= first:
        return ""
    return f"; a quote opened in line {first} makes one row of the lines {first} to {last}"

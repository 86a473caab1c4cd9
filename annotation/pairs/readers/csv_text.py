"""Rows of CSV and TSV; in our TSV a quote is a character, as in that of databases."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from annotation.pairs.readers.columns import Columns
from annotation.pairs.readers.opening import MAX_LINE, Unreadable, open_text
from annotation.pairs.readers.rows import ImportFileError, RowError

csv.field_size_limit(2 * MAX_LINE)  # ours comes first


def csv_records(
    path: Path,
    delimiter: str,
    columns: Columns | None = None,
    *,
    quoting: Any = csv.QUOTE_MINIMAL,
) -> Iterator[tuple[int, Mapping[str, Any] | RowError]]:
    """Records by the header's names; a row of another length is an error.

    Raises:
        ImportFileError: no header, or not the right columns in it.
    """
    columns, header = columns or Columns(), None
    with open_text(path) as raw:
        # Undecodable bytes become surrogates, which the row check reports with their line.
        text = io.TextIOWrapper(raw, "utf-8", errors="surrogateescape", newline="")
        for line, last, cells in _rows(text, delimiter, quoting):
            if header is None:
                header = _header(path, line, cells, columns)
            elif isinstance(cells, str):
                yield line, RowError(line, cells + _joined(line, last))
            elif len(cells) == len(header):
                yield line, dict(zip(header, cells, strict=True))
            elif cells:
                message = f"{len(cells)} fields, but the header has {len(header)}"
                yield line, RowError(line, message + _joined(line, last))
    if header is None:
        raise ImportFileError(f"{path.name} is empty")


def _rows(
    text: io.TextIOWrapper, delimiter: str, quoting: Any
) -> Iterator[tuple[int, int, list[str] | str]]:
    """(first line, last line, the cells or what is wrong)."""
    size = 0

    def lines() -> Iterator[str]:
        nonlocal size
        for each in text:
            size += len(each)
            if size > MAX_LINE:
                raise Unreadable(f"a row longer than {MAX_LINE} characters")
            yield each

    reader = csv.reader(lines(), delimiter=delimiter, strict=True, quoting=quoting)
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
    path: Path, line: int, cells: list[str] | str, columns: Columns
) -> list[str] | None:
    """None for a blank line before it."""
    if isinstance(cells, str):
        raise ImportFileError(f"{path.name}, line {line}: {cells}")
    header = [cell.strip() for cell in cells]
    if not any(header):
        return None
    columns.header(path, header)
    return header


def _joined(first: int, last: int) -> str:
    if last <= first:
        return ""
    return f"; a quote opened in line {first} makes one row of the lines {first} to {last}"

"""Our own columns (docs/formats.md), from CSV, TSV, JSONL, JSON or Parquet."""

from __future__ import annotations

from pathlib import Path

from annotation.pairs.readers.columns import Columns
from annotation.pairs.readers.files import records, rows_made
from annotation.pairs.readers.rows import COLUMNS, Rows, row_of


def read_rows(path: Path, columns: Columns | None = None) -> Rows:
    """Every row as a pair or an error. ``columns`` tells afterwards what nobody read.

    Raises:
        ImportFileError: see :func:`annotation.pairs.readers.files.records`.
    """
    columns = columns or native_columns()
    return rows_made(
        records(path, columns),
        lambda line, record: row_of(line, record, columns.extra(record)),
    )


def native_columns(*, as_attributes: bool = False) -> Columns:
    return Columns(("query", "title"), COLUMNS, as_attributes=as_attributes)

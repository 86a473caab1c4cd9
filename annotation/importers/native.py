"""Our own columns (docs/formats.md), from CSV, JSONL or Parquet."""

from __future__ import annotations

from pathlib import Path

from annotation.importers.files import file_kind, records
from annotation.importers.rows import ImportFileError, RowError, Rows, row_of


def read_rows(path: Path) -> Rows:
    """Every row as a pair or an error.

    Raises:
        ImportFileError: see :func:`annotation.importers.files.records`; a CSV without the
            columns ``query`` and ``title``.
    """
    # JSON has no header; there each row is checked by itself.
    header_checked = file_kind(path) in ("jsonl", "json")
    for line, record in records(path):
        if isinstance(record, RowError):
            yield record
            continue
        if not header_checked and not {"query", "title"} <= set(record):
            raise ImportFileError(
                f"{path.name}: needs the columns query and title, has {', '.join(record)[:200]}"
            )
        header_checked = True
        yield row_of(line, record)

"""Our own columns (docs/formats.md), from CSV, TSV, JSONL, JSON or Parquet."""

from __future__ import annotations

from pathlib import Path

from annotation.pairs.readers.columns import Columns
from annotation.pairs.readers.files import folder_records, rows_made
from annotation.pairs.readers.mapping import NEEDED, parse_mapping
from annotation.pairs.readers.rows import COLUMNS, Rows, row_of


def read_rows(
    path: Path,
    columns: Columns | None = None,
    mapping: str | None = None,
    encoding: str = "",
) -> Rows:
    """Every row of a file, or of a folder of such, as a pair or an error. ``columns`` tells
    afterwards what nobody read; ``mapping`` says which columns are ours
    (:mod:`annotation.pairs.readers.mapping`).

    Raises:
        ImportFileError: see :func:`annotation.pairs.readers.files.folder_records`.
    """
    columns = columns or native_columns(mapping=mapping, encoding=encoding)
    if mapping is None:
        return rows_made(
            folder_records(path, columns),
            lambda line, record: row_of(line, record, columns.extra(record)),
        )
    wanted = parse_mapping(mapping)
    return rows_made(
        folder_records(path, columns),
        lambda line, record: row_of(line, wanted.record(record), columns.extra(record)),
    )


def native_columns(
    *, as_attributes: bool = False, mapping: str | None = None, encoding: str = ""
) -> Columns:
    if mapping is None:
        return Columns(
            NEEDED, COLUMNS, as_attributes=as_attributes, encoding=encoding, argilla=True
        )
    used = parse_mapping(mapping).used
    needed = [(name,) for name in sorted(used)]
    return Columns(needed, used, as_attributes=as_attributes, encoding=encoding, argilla=True)

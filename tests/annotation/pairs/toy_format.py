"""An import format as somebody else would add it: a reader and one row."""

from __future__ import annotations

from pathlib import Path

from annotation.pairs.formats import ImportFormat, ImportOption
from annotation.pairs.readers.files import records
from annotation.pairs.readers.rows import RowError, Rows, row_of
from annotation.pairs.write import pairs_import


def read_rows(path: Path, shelf: str = "") -> Rows:
    for line, record in records(path):
        if isinstance(record, RowError):
            yield record
        else:
            about = {"query": record.get("q"), "title": record.get("t"), "category_path": shelf}
            yield row_of(line, about)


FORMATS = (
    ImportFormat(
        "toy",
        "toys, q and t",
        "Toys",
        read_rows,
        pairs_import,
        takes=(ImportOption("shelf", "where the toys are"),),
    ),
)

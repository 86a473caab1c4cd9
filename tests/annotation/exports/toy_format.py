"""An export format as somebody else would add it: its records and one row."""

from __future__ import annotations

from collections.abc import Iterator

from annotation.exports.formats import ExportFilter, ExportFormat, Record
from annotation.exports.rows import tier_rows, tier_total
from annotation.exports.writers import csv_writer


def stars(chosen: ExportFilter) -> Iterator[Record]:
    for row in tier_rows(chosen):
        yield {"query": row["query"], "stars": "*" * int(row["tier"])}


FORMATS = (
    ExportFormat(
        "toy",
        "decided tiers as stars",
        ".csv",
        tier_total,
        stars,
        csv_writer(("query", "stars")),
    ),
)

"""Labels and resolutions, one row each: the columns and their types."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pyarrow as pa

from annotation.exports.formats import ExportFilter, ExportFormat, Record
from annotation.exports.rollouts import written_rows, written_total
from annotation.exports.rows import label_rows, label_total, resolution_rows, resolution_total
from annotation.exports.skips import skip_rows, skip_total
from annotation.exports.writers import csv_writer, jsonl_writer, parquet_writer

_TEXT, _ID, _SMALL = pa.string(), pa.int64(), pa.int16()
_ABOUT = [
    ("item_id", _ID), ("rollout_id", _ID), ("policy", _TEXT), ("pair_id", _ID),
    ("query", _TEXT), ("query_type", _TEXT), ("locale", _TEXT), ("split", _TEXT),
    ("product_id", _TEXT), ("title", _TEXT),
]  # fmt: skip
_JUDGED = [("kind", _SMALL), ("claimed", _TEXT), ("verdict", _TEXT), ("value", _TEXT)]
_CHANCE = [("selection", _TEXT), ("probability", pa.float64())]
LABELS = pa.schema([
    ("label_id", _ID), *_ABOUT, *_JUDGED, ("reason", _TEXT), ("comment", _TEXT),
    ("comment_start", pa.int32()), ("comment_end", pa.int32()), ("annotator", _TEXT),
    ("annotator_id", _ID), ("guideline_version", pa.int32()), ("item_active_ms", _ID),
    ("hint_shown", pa.bool_()), *_CHANCE, ("created_at", _TEXT),
])  # fmt: skip
RESOLUTIONS = pa.schema([
    ("resolution_id", _ID), *_ABOUT, *_JUDGED, ("source", _TEXT), ("n", _SMALL),
    ("agreement", pa.float64()), ("cause", _TEXT), ("decided_by", _TEXT),
    ("decided_by_id", _ID),
    ("guideline_version", pa.int32()), ("step_sha256", _TEXT), *_CHANCE,
    ("created_at", _TEXT),
])  # fmt: skip
SKIPS = pa.schema([
    ("claim_id", _ID), *_ABOUT, ("how", _TEXT), ("reason", _TEXT), ("annotator", _TEXT),
    ("annotator_id", _ID), ("item_state", _TEXT), ("skipped_at", _TEXT),
])  # fmt: skip
ROLLOUTS = pa.schema([
    *(field for field in _ABOUT if field[0] not in ("item_id", "title")),
    ("product_sha256", _TEXT), ("title", _TEXT), ("prompt_version", _TEXT), ("seed", _ID),
    ("sample_index", _ID), ("temperature", pa.float64()), ("finish", _TEXT),
    ("layout", _TEXT), ("parse_error", _TEXT), ("text", _TEXT), ("created_at", _TEXT),
])  # fmt: skip


def _formats(
    name: str,
    what: str,
    schema: pa.Schema,
    total: Callable[[ExportFilter], int],
    records: Callable[[ExportFilter], Iterator[Record]],
    lint: bool = True,
) -> Iterator[ExportFormat]:
    for suffix, kind, file, write in (
        ("", "JSON lines", ".jsonl", jsonl_writer(schema)),
        ("-csv", "CSV", ".csv", csv_writer(schema.names)),
        ("-spreadsheet", "CSV for spreadsheets", ".csv", csv_writer(schema.names, True)),
        ("-parquet", "Parquet", ".parquet", parquet_writer(schema)),
    ):
        yield ExportFormat(
            f"{name}{suffix}", f"{what}, {kind}", file, total, records, write, lint=lint
        )


FORMATS = (
    *_formats("labels", "step labels", LABELS, label_total, label_rows),
    *_formats("resolutions", "decided steps", RESOLUTIONS, resolution_total, resolution_rows),
    *_formats(
        "rollouts", "all rollouts as written", ROLLOUTS, written_total, written_rows, False
    ),
    *_formats(
        "skips", "items given back, with the reason", SKIPS, skip_total, skip_rows, False
    ),
)

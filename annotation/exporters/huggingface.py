"""A dataset folder that ``datasets.load_dataset(folder)`` opens offline.

One Parquet file a split with one explicit schema, so that no split infers types of its own, and
a card whose YAML names them.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from annotation.exporters.formats import ExportFormat, Record
from annotation.exporters.native import native_records
from annotation.exporters.writers import batches
from annotation.selectors.exports import rollout_total

# Our split -> the name that Hugging Face's tools know.
SPLIT_NAMES = {"train": "train", "val": "validation", "test": "test"}

_TEXT = pa.string()
_HUMAN = pa.struct([
    ("verdict", _TEXT), ("value", _TEXT), ("source", _TEXT), ("n", pa.int32()),
    ("agreement", pa.float64()), ("guideline_version", pa.int32()),
])  # fmt: skip
SCHEMA = pa.schema([
    ("rollout_id", pa.int64()), ("pair_id", pa.int64()), ("project", _TEXT), ("query", _TEXT),
    ("query_type", _TEXT), ("locale", _TEXT), ("split", _TEXT), ("product_id", _TEXT),
    ("product_sha256", _TEXT), ("title", _TEXT), ("category_path", _TEXT),
    ("attributes", pa.list_(pa.struct([("name", _TEXT), ("value", _TEXT)]))),
    ("description", _TEXT), ("policy", _TEXT), ("prompt_version", _TEXT), ("layout", _TEXT),
    ("parse_error", _TEXT), ("text", _TEXT),
    ("steps", pa.list_(pa.struct([
        ("step_id", pa.int64()), ("kind", pa.int8()), ("text", _TEXT), ("claimed", _TEXT),
        ("sha256", _TEXT), ("human", _HUMAN),
    ]))),
    ("tier", _TEXT),
])  # fmt: skip

_CARD = """\
---
pretty_name: Stepwise step labels
task_categories:
- text-classification
tags:
- process-supervision
- search-relevance
size_categories:
- {size}
configs:
- config_name: default
  data_files:
{files}
---

# Step labels of search relevance reasoning

{rows}. Each row is one model's five-step reasoning about a query and a product, with what
people decided about each step: `steps[].human.verdict` (correct, incorrect), for steps 3 to 5
the true `value`, how it was decided (`source`: consensus or adjudicated) and by how many labels
(`n`, `agreement`). A step nobody decided has no `human`; it is unknown, not wrong. All rows of
a query are in one split. Exported by Stepwise.
"""


def write_folder(path: Path, records: Iterable[Record]) -> None:
    """``README.md`` and ``data/SPLIT.parquet`` of every split that has rows; of an export
    without rows an empty training split."""
    data = path / "data"
    data.mkdir(parents=True)
    counts: dict[str, int] = {}
    with ExitStack() as files:
        writers: dict[str, Any] = {}

        def append(split: str, rows: list[Record]) -> None:
            if split not in writers:
                file = pq.ParquetWriter(data / f"{split}.parquet", SCHEMA, compression="zstd")
                writers[split] = files.enter_context(file)
            writers[split].write_table(pa.Table.from_pylist(rows, schema=SCHEMA))
            counts[split] = counts.get(split, 0) + len(rows)

        for batch in batches(records, 500):
            for split in SPLIT_NAMES:
                if rows := [dict(row) for row in batch if row["split"] == split]:
                    append(split, rows)
        if not writers:
            append("train", [])
    (path / "README.md").write_text(card(counts), encoding="utf-8")


def card(counts: dict[str, int]) -> str:
    """The dataset card of so many rows a split."""
    shown = [split for split in SPLIT_NAMES if split in counts]
    total = sum(counts.values())
    size = next((text for top, text in _SIZES if total < top), "n>1M")
    files = "\n".join(
        f"  - split: {SPLIT_NAMES[split]}\n    path: data/{split}.parquet" for split in shown
    )
    rows = ", ".join(f"{counts[split]} rows of {SPLIT_NAMES[split]}" for split in shown)
    return _CARD.format(size=size, files=files, rows=rows)


_SIZES = (
    (1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"),
)  # fmt: skip

FORMATS = (
    ExportFormat(
        "huggingface",
        "decided rollouts, Hugging Face dataset folder",
        "",
        rollout_total,
        native_records,
        write_folder,
        folder=True,
    ),
)

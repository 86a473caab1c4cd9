"""A dataset folder: a file a split, so that a trainer that loads ``train`` sees no test truth.

``datasets.load_dataset(folder)`` opens it offline. The card names the files and all types, so
that no split infers types of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pyarrow as pa

from annotation.exports.writers import (
    Append,
    Record,
    Writer,
    batches,
    jsonl_file,
    parquet_file,
)

# Our split -> the name that Hugging Face's tools know.
SPLIT_NAMES = {"train": "train", "val": "validation", "test": "test"}
CARD = "README.md"
_SIZES = (
    (1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"),
)  # fmt: skip
_BATCH = 500

_CARD = """\
---
pretty_name: {name}
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
dataset_info:
  features:
{features}
---

# {name}

{rows}. {about} All rows of a query are in one split. Exported by Stepwise.
"""


def folder_writer(name: str, about: str, schema: pa.Schema, suffix: str) -> Writer:
    """``README.md`` and ``data/SPLIT`` of every split that has rows; ``suffix`` is .jsonl or
    .parquet. ``name`` and ``about`` head the card; every record has a ``split``. Without any
    row there is an empty train: the card and the file still tell the types.
    """

    opened = parquet_file if suffix == ".parquet" else jsonl_file

    def write(path: Path, records: Iterable[Record]) -> None:
        data = path / "data"
        data.mkdir(parents=True)
        counts: dict[str, int] = {}
        with ExitStack() as files:
            appends: dict[str, Append] = {}
            for batch in batches(records, _BATCH):
                for split in sorted({row["split"] for row in batch}):
                    if split not in appends:
                        file = opened(data / f"{split}{suffix}", schema)
                        appends[split] = files.enter_context(file)
                    rows = [row for row in batch if row["split"] == split]
                    appends[split](rows)
                    counts[split] = counts.get(split, 0) + len(rows)
        if not counts:
            counts["train"] = 0
            with opened(data / f"train{suffix}", schema):
                pass
        text = card(name, about, schema, suffix, counts)
        (path / CARD).write_text(text, encoding="utf-8")

    return write


def card(name: str, about: str, schema: pa.Schema, suffix: str, counts: dict[str, int]) -> str:
    """The dataset card of so many rows a split."""
    shown = [split for split in SPLIT_NAMES if split in counts]
    total = sum(counts.values())
    return _CARD.format(
        name=name,
        about=about,
        size=next((text for top, text in _SIZES if total < top), "n>1M"),
        files="\n".join(
            f"  - split: {SPLIT_NAMES[split]}\n    path: data/{split}{suffix}"
            for split in shown
        ),
        features="\n".join(_features(schema, "  ")),
        rows=", ".join(f"{counts[split]} rows of {SPLIT_NAMES[split]}" for split in shown),
    )


def card_note(folder: Path, lines: Iterable[str]) -> None:
    """Say on the card of a folder what else whoever reads it must know."""
    if noted := "".join(f"- {line}\n" for line in lines):
        with (folder / CARD).open("a", encoding="utf-8") as text:
            text.write(f"\n## To be known\n\n{noted}")


def _features(fields: Iterable[pa.Field], indent: str) -> Iterator[str]:
    """The YAML of ``dataset_info``: name and type of each column, nested ones below."""
    for field in fields:
        yield f"{indent}- name: '{field.name}'"
        yield from _typed(field.type, indent + "  ")


def _typed(type_: pa.DataType, indent: str) -> Iterator[str]:
    if pa.types.is_struct(type_):
        yield f"{indent}struct:"
        yield from _features(type_, indent)
    elif pa.types.is_list(type_):
        if pa.types.is_struct(type_.value_type):
            yield f"{indent}list:"
            yield from _features(type_.value_type, indent)
        else:
            yield f"{indent}list: {_scalar(type_.value_type)}"
    else:
        yield f"{indent}dtype: {_scalar(type_)}"


def _scalar(type_: pa.DataType) -> str:
    return {"double": "float64"}.get(str(type_), str(type_))

"""Label Studio tasks: the policy's claims are the prediction, people's labels annotations.

The labelling configuration in docs/exporting.md shows them; the mapping is in both documents.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import orjson

from annotation.exports.formats import ExportFilter, ExportFormat, Record
from annotation.exports.labelled import labelled_rows
from annotation.exports.rows import labelled_total
from annotation.exports.writers import json_writer

_DATA = (
    "query", "query_type", "locale", "split", "product_id", "title", "category_path",
    "description", "image_url", "pair_id", "rollout_id", "policy",
)  # fmt: skip


def tasks(chosen: ExportFilter) -> Iterator[Record]:
    """One task a labelled rollout; to be written and not changed, since equal labels are one
    object."""
    for row in labelled_rows(chosen):
        yield task_of(row)


def task_of(row: Record) -> Record:
    """``data``, one prediction and one annotation a submission."""
    data = {name: row[name] for name in _DATA}
    data["attributes"] = _attributes(row["attributes"])
    claims = []
    for kind, text, claimed in row["steps"]:
        data[f"step_{kind}"] = text
        if claimed:
            claims.append(_choice(f"value_{kind}", kind, claimed))
    return {
        "id": row["rollout_id"],
        "data": data,
        "predictions": [{"model_version": row["policy"], "result": claims}],
        "annotations": [_annotation(*each) for each in row["submitted"]],
    }


def _attributes(pairs: list[list[str]]) -> str:
    """A line each for people to read; JSON where a line break or a colon would be misread."""
    text = "\n".join(f"{name}: {value}" for name, value in pairs)
    lines = text.splitlines()
    plain = len(lines) == len(pairs) and not any(":" in name for name, _ in pairs)
    if plain and text[:1] not in ("[", "{"):
        return text
    return orjson.dumps(pairs).decode()


def _annotation(
    number: int,
    created_at: str,
    active_ms: int,
    person: int,
    name: str,
    labels: list[list[str]],
) -> Record:
    """Without ``completed_by``: Label Studio refuses a person it does not know. Who it was is
    in each result's ``meta``, which it keeps."""
    results: list[Record] = []
    for kind, verdict, value, comment, reason in labels:
        results += _results(person, name, kind, verdict, value, comment or reason)
    return {
        "id": number,
        "created_at": created_at,
        "lead_time": active_ms / 1000,
        "result": results,
    }


# A million labels say a few thousand different things, and making them anew took most of the
# time of an export.
@lru_cache(maxsize=4096)
def _results(
    person: int, name: str, kind: str, verdict: str, value: str, note: str
) -> tuple[Record, ...]:
    results = [_choice(f"verdict_{kind}", kind, verdict)]
    if value:
        results.append(_choice(f"value_{kind}", kind, value))
    if note:
        results.append(_result(f"comment_{kind}", kind, "textarea", {"text": [note]}))
    meta = {"annotator": name, "annotator_id": person}
    return tuple(result | {"meta": meta} for result in results)


@lru_cache(maxsize=256)
def _choice(name: str, kind: str, choice: str) -> Record:
    return _result(name, kind, "choices", {"choices": [choice]})


def _result(name: str, kind: str, type_: str, value: dict[str, Any]) -> Record:
    return {"from_name": name, "to_name": f"step_{kind}", "type": type_, "value": value}


FORMATS = (
    ExportFormat(
        "label-studio",
        "labelled rollouts, Label Studio tasks",
        ".json",
        labelled_total,
        tasks,
        json_writer(),
    ),
)

"""Label Studio tasks: the policy's claims are the prediction, people's labels annotations.

The labelling configuration in docs/exporting.md shows them; the mapping is in both documents.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from annotation.exporters.formats import ExportFilter, ExportFormat, Record
from annotation.exporters.writers import write_json_array
from annotation.selectors.exports import labelled_rows, labelled_total

_DATA = (
    "query", "query_type", "locale", "product_id", "title", "category_path", "description",
    "pair_id", "rollout_id", "policy",
)  # fmt: skip


def tasks(chosen: ExportFilter) -> Iterator[Record]:
    """One task a labelled rollout."""
    for row in labelled_rows(chosen):
        yield task_of(row)


def task_of(row: Record) -> Record:
    """``data``, one prediction and one annotation a submission."""
    steps = row["step_rows"]
    claims = [
        _choice(f"value_{s['kind']}", s["kind"], s["claimed"]) for s in steps if s["claimed"]
    ]
    by_submission: dict[int, list[Record]] = defaultdict(list)
    for label in row["said"]:
        by_submission[label["submission"]].append(label)
    return {
        "data": {
            **{name: row[name] for name in _DATA},
            "attributes": "\n".join(f"{n}: {v}" for n, v in row["attributes"]),
            **{f"step_{step['kind']}": step["text"] for step in steps},
        },
        "predictions": [{"model_version": row["policy"], "result": claims}],
        "annotations": [_annotation(labels) for labels in by_submission.values()],
    }


def _annotation(labels: list[Record]) -> Record:
    """Without ``completed_by``: Label Studio refuses a person it does not know. The name is in
    each result's ``meta``, which it keeps."""
    first = labels[0]
    return {
        "created_at": first["created_at"],
        "lead_time": first["active_ms"] / 1000,
        "result": [result for label in labels for result in _results(label)],
    }


def _results(label: Record) -> Iterator[Record]:
    kind, meta = label["kind"], {"meta": {"annotator": label["annotator"]}}
    yield _choice(f"verdict_{kind}", kind, label["verdict"]) | meta
    if label["value"]:
        yield _choice(f"value_{kind}", kind, label["value"]) | meta
    if text := label["comment"] or label["reason"]:
        yield _result(f"comment_{kind}", kind, "textarea", {"text": [text]}) | meta


def _choice(name: str, kind: int, choice: str) -> Record:
    return _result(name, kind, "choices", {"choices": [choice]})


def _result(name: str, kind: int, type_: str, value: dict[str, Any]) -> Record:
    return {"from_name": name, "to_name": f"step_{kind}", "type": type_, "value": value}


FORMATS = (
    ExportFormat(
        "label-studio",
        "labelled rollouts, Label Studio tasks",
        ".json",
        labelled_total,
        tasks,
        write_json_array,
    ),
)

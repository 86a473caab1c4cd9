"""Label Studio tasks: the policy's claims are the prediction, people's labels annotations.

The labelling configuration in docs/exporting.md shows them; the mapping is in both documents.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from annotation.exporters.formats import ExportFilter, ExportFormat, Record
from annotation.exporters.writers import write_json_array
from annotation.models import Rollout, StepLabel
from annotation.selectors.exports import labelled_rollouts, labelled_total


def tasks(chosen: ExportFilter) -> Iterator[Record]:
    """One task a labelled rollout."""
    for rollout in labelled_rollouts(chosen):
        yield task_of(rollout)


def task_of(rollout: Rollout) -> Record:
    """``data``, one prediction and one annotation a submission."""
    pair, steps = rollout.pair, list(rollout.steps.all())
    claims = [_choice(f"value_{s.kind}", s.kind, s.value) for s in steps if s.value]
    by_submission: dict[int, list[StepLabel]] = defaultdict(list)
    for item in rollout.items.all():
        for label in item.labels.all():
            by_submission[label.submission_id].append(label)
    return {
        "data": {
            "query": pair.query,
            "query_type": pair.query_type,
            "locale": pair.locale,
            "product_id": pair.product.external_id,
            "title": pair.product.title,
            "category_path": pair.product.category_path,
            "attributes": "\n".join(f"{n}: {v}" for n, v in pair.product.attributes),
            "description": pair.product.description,
            "pair_id": pair.pk,
            "rollout_id": rollout.pk,
            "policy": rollout.policy,
            **{f"step_{step.kind}": step.text for step in steps},
        },
        "predictions": [{"model_version": rollout.policy, "result": claims}],
        "annotations": [_annotation(labels) for labels in by_submission.values()],
    }


def _annotation(labels: list[StepLabel]) -> Record:
    """Without ``completed_by``: Label Studio refuses a person it does not know. The name is in
    each result's ``meta``, which it keeps."""
    first = labels[0]
    return {
        "created_at": first.created_at.isoformat(),
        "lead_time": first.submission.assignment.active_ms / 1000,
        "result": [result for label in labels for result in _results(label)],
    }


def _results(label: StepLabel) -> Iterator[Record]:
    meta = {"annotator": label.annotator.get_username()}
    yield _choice(f"verdict_{label.kind}", label.kind, label.verdict) | {"meta": meta}
    if label.value:
        yield _choice(f"value_{label.kind}", label.kind, label.value) | {"meta": meta}
    if text := label.comment or label.reason:
        value = {"text": [text]}
        yield _result(f"comment_{label.kind}", label.kind, "textarea", value) | {"meta": meta}


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

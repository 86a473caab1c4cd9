"""The records of the JSON lines: pairs with their truth, labelled rollouts. Every complaint has
its line number."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from annotation.cot.steps import StepKind
from training.job.files import read_jsonl
from training.job.prompts import PairText
from training.job.types import BadInput, LabelledRollout, Sample
from verifier.truth import Truth, TruthError, truth_of


def sample_of(row: Mapping[str, Any]) -> Sample:
    """A pair record (docs/formats.md) to a Sample.

    Raises:
        BadInput: a required key is missing or has the wrong type, or a truth is malformed.
    """
    for key in ("pair_id", "query", "title"):
        if not isinstance(row.get(key), str) or not row[key]:
            raise BadInput(f"'{key}' must be a non-empty string")
    attributes = row.get("attributes") or {}
    if not isinstance(attributes, dict):
        raise BadInput("'attributes' must be an object")
    text = PairText(
        query=row["query"],
        title=row["title"],
        category_path=str(row.get("category_path") or ""),
        attributes={str(k): str(v) for k, v in attributes.items()},
        description=str(row.get("description") or ""),
    )
    return Sample(
        pair_id=row["pair_id"],
        text=text,
        query_type=str(row.get("query_type") or ""),
        locale=str(row.get("locale") or ""),
        split=str(row.get("split") or ""),
        truth=_truths(row.get("truth")),
        silver=_truths(row.get("silver"), default_source="silver"),
        context=str(row.get("context") or ""),
    )


def read_samples(path: Path) -> list[Sample]:
    """train.jsonl or eval.jsonl; raises BadInput with the line number, also on a repeated
    pair_id."""
    seen: dict[str, int] = {}
    samples = []
    for number, row in read_jsonl(path):
        try:
            sample = sample_of(row)
        except BadInput as error:
            raise BadInput(f"{path.name} line {number}: {error}") from error
        if sample.pair_id in seen:
            first = seen[sample.pair_id]
            raise BadInput(
                f"{path.name} line {number}: pair_id '{sample.pair_id}' repeats line {first}"
            )
        seen[sample.pair_id] = number
        samples.append(sample)
    return samples


def read_labels(path: Path) -> list[LabelledRollout]:
    """labels.jsonl; raises BadInput with the line number."""
    labels = []
    for number, row in read_jsonl(path):
        try:
            labels.append(_label_of(row))
        except BadInput as error:
            raise BadInput(f"{path.name} line {number}: {error}") from error
    return labels


def _label_of(row: Mapping[str, Any]) -> LabelledRollout:
    steps = row.get("steps")
    if not isinstance(steps, list) or len(steps) != len(StepKind):
        raise BadInput("'steps' must be a list of five texts")
    verdicts = {}
    for key, verdict in (row.get("verdicts") or {}).items():
        if verdict not in ("correct", "incorrect") or key not in {"1", "2", "3", "4", "5"}:
            raise BadInput(f"verdict of step '{key}' must be correct or incorrect")
        verdicts[StepKind(int(key))] = verdict == "correct"
    values = {StepKind(int(k)): str(v) for k, v in (row.get("values") or {}).items() if v}
    texts = tuple(str(step) for step in steps)
    return LabelledRollout(
        sample_of(row), str(row.get("rollout_id", "")), texts, verdicts, values
    )


def _truths(entries: object, default_source: str | None = None) -> dict[StepKind, Truth]:
    if entries is None:
        return {}
    if not isinstance(entries, dict):
        raise BadInput("truth must be an object of step kinds")
    truths = {}
    for kind, entry in entries.items():
        if not isinstance(entry, dict):
            raise BadInput(f"truth of step '{kind}' must be an object")
        try:
            step, truth = truth_of(
                kind, entry.get("value"), entry.get("source", default_source)
            )
        except TruthError as error:
            raise BadInput(str(error)) from error
        truths[step] = truth
    return truths

"""JSON lines in and out, with the line number in every complaint."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from annotation.cot.steps import StepKind
from training.job.prompts import PairText
from training.job.types import BadInput, LabelledRollout, Sample
from verifier.truth import Truth, TruthError, truth_of


def read_jsonl(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Stream (line number from 1, object); blank lines are skipped.

    Raises:
        BadInput: no such file, or a line that is not a JSON object.
    """
    try:
        handle = path.open(encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{path.name}: {error.strerror or error}") from error
    with handle:
        yield from json_rows(handle, path.name)


def json_rows(lines: Iterable[str], name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line number from 1, object) of lines that came from ``name``; raises BadInput."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise BadInput(f"{name} line {number}: not JSON: {error.msg}") from error
        if not isinstance(row, dict):
            raise BadInput(f"{name} line {number}: expected an object")
        yield number, row


def read_finished_jsonl(path: Path) -> list[dict[str, Any]]:
    """Rows of an append-only file of ours; a last line cut by a kill is dropped, a missing
    file is empty."""
    if not path.exists():
        return []
    rows = []
    for line in path.read_bytes().split(b"\n")[:-1]:
        if line.strip():
            rows.append(json.loads(line))
    return rows


def write_jsonl(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write a whole file or nothing."""
    write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def write_json(path: Path, body: object) -> None:
    """Write one JSON document, whole or not at all; NaN is refused."""
    text = json.dumps(body, ensure_ascii=False, indent=1, allow_nan=False)
    write_text(path, text + "\n")


def write_text(path: Path, text: str) -> None:
    """Replace ``path`` atomically: a reader or a restart never sees half a file."""
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


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

"""Label Studio annotations as what named people said about five steps. Pure.

The controls are those of our own export: ``verdict_K`` and ``value_K`` (one choice each) and
``comment_K`` (text) for step K.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from annotation.importers.files import records
from annotation.importers.label_studio import cancelled, objects, pair_of
from annotation.importers.rows import PairRow, RowError, clean
from annotation.labels import VERDICTS, LabelInput
from annotation.steps import HEADINGS, VALUES, StepKind

POLICY = "label-studio"
_MAX_MS = 3_600_000
_NO_REASON = "no reason was given in Label Studio"


@dataclass(frozen=True, slots=True)
class Said:
    """One person's labels; ``email`` is "" where the file does not tell it."""

    name: str
    email: str
    labels: list[LabelInput]
    active_ms: int = 0


@dataclass(frozen=True, slots=True)
class SaidTask:
    """``text`` is the rollout that was judged; ``rollout_id`` is ours, if the task has it."""

    line: int
    pair: PairRow
    text: str
    policy: str
    rollout_id: int | None = None
    people: list[Said] = field(default_factory=list)


def read_said(path: Path) -> Iterator[SaidTask | RowError]:
    """Every task that somebody annotated, in order.

    Raises:
        ImportFileError: see :func:`annotation.importers.files.records`.
    """
    for line, task in records(path):
        if isinstance(task, RowError):
            yield task
        elif found := _task(line, task):
            yield found


def _task(line: int, task: Mapping[str, Any]) -> SaidTask | RowError | None:
    pair = pair_of(line, task, gold=False)
    if isinstance(pair, RowError):
        return pair
    data: Mapping[str, Any] = task["data"]
    people: dict[tuple[str, str], Said] = {}
    for annotation in objects(task.get("annotations")):
        if not cancelled(annotation) and (said := _said(annotation)).labels:
            people[said.email, said.name] = said  # who annotated twice said the last
    if not people:
        return None
    text = _text(data)
    if not text:
        return RowError(line, "the task has no step_1 to step_5")
    number = data.get("rollout_id")
    return SaidTask(
        line=line,
        pair=pair,
        text=text,
        policy=clean(data.get("policy"))[:200] or POLICY,
        rollout_id=number if isinstance(number, int) else None,
        people=list(people.values()),
    )


def _text(data: Mapping[str, Any]) -> str:
    """The steps joined; one without its heading gets it."""
    parts = []
    for kind in StepKind:
        if step := clean(data.get(f"step_{kind:d}")):
            head = HEADINGS[kind]
            parts.append(f"{step}\n" if step.startswith(head) else f"{head}\n{step}\n")
    return "".join(parts)


def _said(annotation: Mapping[str, Any]) -> Said:
    results = objects(annotation.get("result"))
    chosen, texts = _answers(results)
    labels = [label for kind in StepKind if (label := _label(kind, chosen, texts))]
    name, email = _person(annotation.get("completed_by"), results)
    lead = annotation.get("lead_time")
    seconds = lead if isinstance(lead, int | float) and lead > 0 else 0
    return Said(name, email, labels, min(int(seconds * 1000), _MAX_MS))


def _answers(results: list[Mapping[str, Any]]) -> tuple[dict[str, str], dict[str, str]]:
    """(control -> its one choice, control -> its text)."""
    chosen, texts = {}, {}
    for result in results:
        value, name = result.get("value"), str(result.get("from_name"))
        if not isinstance(value, Mapping):
            continue
        choices, text = value.get("choices"), value.get("text")
        if isinstance(choices, list) and len(choices) == 1:
            chosen[name] = str(choices[0])
        if text:
            texts[name] = "\n".join(map(str, text)) if isinstance(text, list) else str(text)
    return chosen, texts


def _label(
    kind: StepKind, chosen: Mapping[str, str], texts: Mapping[str, str]
) -> LabelInput | None:
    """A label without a verdict has its value; whether that is right shows with the rollout."""
    verdict = chosen.get(f"verdict_{kind:d}", "")
    value = chosen.get(f"value_{kind:d}", "")
    value = value if value in VALUES.get(kind, ()) else ""
    if verdict not in VERDICTS:
        verdict = ""
    if not verdict and not value:
        return None
    note = texts.get(f"comment_{kind:d}", "").strip()
    if verdict == "unsure":
        return LabelInput(int(kind), verdict, value, reason=note or _NO_REASON)
    return LabelInput(int(kind), verdict, value, comment=note)


def _person(completed_by: Any, results: list[Mapping[str, Any]]) -> tuple[str, str]:
    """(name, e-mail). Our export names the person in each result; Label Studio's has an id, an
    e-mail, or an object with both."""
    for result in results:
        meta = result.get("meta")
        if isinstance(meta, Mapping) and (name := clean(meta.get("annotator"))):
            return name, name if "@" in name else ""
    if isinstance(completed_by, Mapping):
        email = clean(completed_by.get("email"))
        name = clean(completed_by.get("username")) or email or clean(completed_by.get("id"))
        return name or "unknown", email
    name = clean(completed_by)
    if "@" in name:
        return name, name
    return (f"{POLICY}-{name}" if name else "unknown"), ""

"""Label Studio annotations as what named people said about five steps. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from annotation.cot.labels import LabelInput
from annotation.cot.steps import HEADINGS, StepKind
from annotation.pairs.readers.fields import clean
from annotation.pairs.readers.files import records
from annotation.pairs.readers.label_studio import annotations_of, pair_of
from annotation.pairs.readers.label_studio_controls import Answers, NotUnderstood, unstorable
from annotation.pairs.readers.rows import MAX_TEXT, PairRow, RowError

POLICY = "label-studio"
_MAX_MS = 3_600_000
_MAX_NAME = 200
_NO_REASON = "no reason was given in Label Studio"


@dataclass(frozen=True, slots=True)
class OutsidePerson:
    """Who said it, as the file tells it: any of the three, "" where it does not.

    ``number`` is an id, which means somebody on its own server alone.
    """

    name: str = ""
    email: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class PersonAnswers:
    """One person's labels; the times are None where the file does not tell them."""

    person: OutsidePerson
    labels: list[LabelInput]
    active_ms: int = 0
    created_at: datetime | None = None
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AnsweredTask:
    """``text`` is the rollout that was judged; ``rollout_id`` is ours, if the task has it.

    ``unknown`` are controls that were left out, ``people`` is in the file's order.
    """

    line: int
    pair: PairRow
    text: str
    policy: str
    rollout_id: int | None = None
    people: list[PersonAnswers] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def answered_tasks(path: Path) -> Iterator[AnsweredTask | RowError]:
    """Every task that somebody annotated, in order.

    Raises:
        ImportFileError: see :func:`annotation.pairs.readers.files.records`.
    """
    for line, task in records(path):
        if isinstance(task, RowError):
            yield task
            continue
        try:
            judged = _task(line, task)
        except NotUnderstood as error:
            judged = RowError(line, str(error))
        if judged is not None:
            yield judged


def _task(line: int, task: Mapping[str, Any]) -> AnsweredTask | RowError | None:
    if where := unstorable(task):
        return RowError(line, f"{where} has a NUL or half a character in it")
    pair = pair_of(line, task, gold=False)
    if isinstance(pair, RowError):
        return pair
    annotations = annotations_of(task)
    if not annotations:
        return None
    data: Mapping[str, Any] = task["data"]
    text = _text(data)
    if not text:
        return RowError(line, "the task has no step_1 to step_5")
    number = data.get("rollout_id")
    return AnsweredTask(
        line=line,
        pair=pair,
        text=text,
        policy=clean(data.get("policy"))[:200] or POLICY,
        rollout_id=number if type(number) is int else None,
        people=[_person_answers(one, answers) for one, answers in annotations],
        unknown=[control for _, answers in annotations for control in answers.unknown],
    )


def _text(data: Mapping[str, Any]) -> str:
    """The steps joined; one without its heading gets it."""
    parts = []
    for kind in StepKind:
        if step := clean(data.get(f"step_{kind:d}")):
            if len(step) > MAX_TEXT:
                raise NotUnderstood(f"step_{kind:d} is longer than {MAX_TEXT} characters")
            head = HEADINGS[kind]
            parts.append(f"{step}\n" if step.startswith(head) else f"{head}\n{step}\n")
    return "".join(parts)


def _person_answers(annotation: Mapping[str, Any], answers: Answers) -> PersonAnswers:
    created = _moment(annotation, "created_at")
    changed = _moment(annotation, "updated_at") or created
    return PersonAnswers(
        _person(annotation),
        [label for kind in StepKind if (label := _label(kind, answers))],
        _milliseconds(annotation.get("lead_time")),
        created or changed,
        max(created, changed) if created and changed else changed,
    )


def _label(kind: StepKind, answers: Answers) -> LabelInput | None:
    """A label without a verdict has its value; whether that is right shows with the rollout."""
    verdict = answers.choices.get(f"verdict_{kind:d}", "")
    value = answers.choices.get(f"value_{kind:d}", "")
    if not verdict and not value:
        return None
    note = answers.texts.get(f"comment_{kind:d}", "").strip()
    if verdict == "unsure":
        return LabelInput(int(kind), verdict, value, reason=note or _NO_REASON)
    return LabelInput(int(kind), verdict, value, comment=note)


def _milliseconds(lead_time: Any) -> int:
    """0 for what is no time at all, such as 1e999."""
    if not isinstance(lead_time, int | float) or not math.isfinite(lead_time):
        return 0
    return int(min(max(lead_time * 1000, 0), _MAX_MS))


def _moment(annotation: Mapping[str, Any], name: str) -> datetime | None:
    text = clean(annotation.get(name))
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise NotUnderstood(f"{name} '{text[:40]}' is not a date and time") from error
    if not datetime(2000, 1, 1, tzinfo=UTC) < moment < datetime.now(UTC) + timedelta(days=1):
        raise NotUnderstood(f"{name} '{text[:40]}' cannot be when somebody said this")
    return moment


def _person(annotation: Mapping[str, Any]) -> OutsidePerson:
    """Our export names the person in each result; Label Studio's has an id, an e-mail, or an
    object with both."""
    by = annotation.get("completed_by")
    about = by if isinstance(by, Mapping) else {"id": by}
    email, number = clean(about.get("email")), clean(about.get("id"))
    name = _own_name(annotation) or clean(about.get("username"))
    if "@" in number:
        email, number = email or number, ""
    if not email and "@" in name:
        email = name
    if not (email or name or number):
        raise NotUnderstood("an annotation does not say who made it (completed_by)")
    if too_long := next((t for t in (name, email, number) if len(t) > _MAX_NAME), None):
        raise NotUnderstood(f"the name '{too_long[:40]}...' is longer than {_MAX_NAME}")
    return OutsidePerson(name, email, number)


def _own_name(annotation: Mapping[str, Any]) -> str:
    for result in annotation.get("result") or []:
        meta = result.get("meta")
        if isinstance(meta, Mapping) and (name := clean(meta.get("annotator"))):
            return name
    return ""

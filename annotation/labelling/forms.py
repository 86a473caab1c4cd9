"""From form fields to label inputs. Checks of content belong to the services."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from annotation.cot.attributes import MAX_MARKS, marks_of, overall
from annotation.cot.labels import LabelInput
from annotation.cot.steps import StepKind

Answers = dict[str, dict[str, Any]]
FIELDS = ("verdict", "value", "reason", "comment")
_OWN = ("verdict", "value", "attributes")


def answers_of(post: Mapping[str, str], kinds: Iterable[int]) -> Answers:
    """The marked steps of a form: kind -> fields. Unmarked steps are absent."""
    answers: Answers = {}
    for kind in kinds:
        answer: dict[str, Any] = {
            name: post.get(f"{name}-{kind}", "").strip() for name in FIELDS
        }
        if kind == StepKind.ATTRIBUTE:
            answer["attributes"] = _marks(post)
        if not any(answer.values()):
            continue
        # A span without a comment is what is left of a comment that was deleted.
        for name in ("comment_start", "comment_end"):
            raw = post.get(f"{name}-{kind}", "") if answer["comment"] else ""
            answer[name] = _number(raw)
        answers[str(kind)] = answer
    return answers


def labels_of(
    answers: Answers, claims: Mapping[int, str], *, hint_shown: bool = False
) -> list[LabelInput]:
    """Label inputs of the answers; a value alone implies its verdict against the claim, and
    marked attributes alone imply the value.

    ``hint_shown``: the person saw the rules table's warning, which stands at the last step.
    """
    labels = []
    for key, answer in answers.items():
        kind = int(key)
        verdict, value = answer["verdict"], answer["value"]
        marks = marks_of(answer.get("attributes"))
        if marks and not value and verdict in ("", "incorrect"):
            value = overall(marks)
        if value and not verdict:
            verdict = "correct" if value == claims.get(kind) else "incorrect"
        fields = {name: answer[name] for name in answer if name not in _OWN}
        hint = hint_shown and kind == StepKind.FINAL
        labels.append(
            LabelInput(
                kind=kind,
                verdict=verdict,
                value=value,
                hint_shown=hint,
                attributes=marks,
                **fields,
            )
        )
    return labels


def attribute_states(post: Mapping[str, str]) -> list[str]:
    """The state of every row of step 4's attributes, "" where it is not marked."""
    rows = range(MAX_MARKS)
    return [
        post.get(f"attribute_state-{i}", "") for i in rows if post.get(f"attribute_name-{i}")
    ]


def until_first_error(labels: list[LabelInput]) -> list[LabelInput]:
    """Without what the page still held behind the first incorrect step."""
    last = min((label.kind for label in labels if label.verdict == "incorrect"), default=5)
    return [label for label in labels if label.kind <= last]


def client_key_of(post: Mapping[str, str]) -> str:
    return post.get("client_key", "").strip()[:64] or uuid.uuid4().hex


def milliseconds_of(post: Mapping[str, str]) -> int:
    """Active time as the page measured it, at most one hour an item."""
    return min(_number(post.get("active_ms", "")) or 0, 3_600_000)


def base_version_of(post: Mapping[str, str]) -> int | None:
    """The version of the draft that the form was made from."""
    return _number(post.get("base_version", ""))


def _marks(post: Mapping[str, str]) -> list[dict[str, str]]:
    rows = (
        {
            "name": post.get(f"attribute_name-{i}", "").strip(),
            "state": post.get(f"attribute_state-{i}", ""),
        }
        for i in range(MAX_MARKS)
    )
    return [row for row in rows if row["name"] and row["state"]]


def _number(raw: str) -> int | None:
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 10 else None

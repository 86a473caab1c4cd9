"""What annotators send all day: a claim of the next item, and a submit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from annotation.cot.attributes import MAX_NAME, AttributeMark, State
from annotation.cot.labels import LabelInput, Verdict
from annotation.people.fields import INT, MAX_TEXT

MAX_ACTIVE_MS = 3_600_000
MAX_VALUE = 16

Milliseconds = Annotated[int, Meta(ge=0, le=MAX_ACTIVE_MS)]
Offset = Annotated[int, Meta(ge=0, le=INT)]
LongText = Annotated[str, Meta(max_length=MAX_TEXT)]
Slug = Annotated[
    str, Meta(pattern="^[-a-zA-Z0-9_]*$", description="slug; without it any project")
]


class ProjectWanted(msgspec.Struct, frozen=True):
    project: Slug = ""


class Mark(msgspec.Struct, frozen=True):
    """Step 4: one attribute that the query asks for."""

    name: Annotated[str, Meta(min_length=1, max_length=MAX_NAME)]
    state: State


class Label(msgspec.Struct, frozen=True):
    """A verdict on one step; ``value`` is the true value of steps 3 to 5."""

    kind: Annotated[int, Meta(ge=1, le=5)]
    verdict: Verdict
    value: Annotated[str, Meta(max_length=MAX_VALUE)] = ""
    reason: LongText = ""
    comment: LongText = ""
    comment_start: Offset | None = None
    comment_end: Offset | None = None
    active_ms: Milliseconds = 0
    hint_shown: bool = False
    attributes: tuple[Mark, ...] = ()


class Submit(msgspec.Struct, frozen=True):
    labels: Annotated[list[Label], Meta(min_length=1)]
    active_ms: Milliseconds = 0
    next: Annotated[
        ProjectWanted | msgspec.UnsetType,
        Meta(description="claim the next item too: what you would send to queue/next/"),
    ] = msgspec.UNSET


def label_inputs(labels: Sequence[Label]) -> list[LabelInput]:
    """As the services take them."""
    return [
        LabelInput(
            kind=label.kind,
            verdict=label.verdict,
            value=label.value.strip(),
            reason=label.reason,
            comment=label.comment,
            comment_start=label.comment_start,
            comment_end=label.comment_end,
            active_ms=label.active_ms,
            hint_shown=label.hint_shown,
            attributes=tuple(AttributeMark(m.name.strip(), m.state) for m in label.attributes),
        )
        for label in labels
    ]

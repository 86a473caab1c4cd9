"""The short way through the two bodies that annotators send all day.

A serializer copies all its fields for each request and each label, which costs more than the
rest of a submit. A body that is plainly right is read here; for any other, None sends it to the
serializer, which says what is wrong with it. What both accept they read alike.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from annotation.cot.attributes import STATES, AttributeMark
from annotation.cot.labels import VERDICTS, LabelInput
from annotation.people.fields import INT, MAX_TEXT

MAX_ACTIVE_MS = 3_600_000
MAX_VALUE = 16
MAX_NAME = 100
_SLUG = re.compile(r"[-a-zA-Z0-9_]+\Z")
_NOT_GIVEN: Mapping[str, Any] = {}


class _Doubt(Exception):
    """Not plainly right."""


def slug_of(body: Any) -> str | None:
    """The slug in ``{"project": SLUG}``, "" when there is none, None when in doubt."""
    if not isinstance(body, dict):
        return None
    slug = body.get("project", _NOT_GIVEN)
    if slug is _NOT_GIVEN:
        return ""
    return slug if isinstance(slug, str) and _SLUG.match(slug) else None


@dataclass(frozen=True, slots=True)
class Said:
    """A submit. ``following``: the project of which the next item is wanted as well ("" any),
    None when none is."""

    labels: list[LabelInput]
    active_ms: int
    following: str | None = None


def submit_of(body: Any) -> Said | None:
    """None when in doubt."""
    if not isinstance(body, dict) or not isinstance(labels := body.get("labels"), list):
        return None
    try:
        read = [_label(label) for label in labels]
        active_ms = _whole(body.get("active_ms", 0), MAX_ACTIVE_MS)
        following = slug_of(body["next"]) if "next" in body else None
    except _Doubt:
        return None
    plain = read and ("next" not in body or following is not None)
    return Said(read, active_ms, following) if plain else None


def _label(label: Any) -> LabelInput:
    if not isinstance(label, dict):
        raise _Doubt
    get = label.get
    kind, verdict = _whole(get("kind"), 5), get("verdict")
    hint, marks = get("hint_shown", False), get("attributes", [])
    if not kind or type(verdict) is not str or verdict not in VERDICTS:
        raise _Doubt
    if type(hint) is not bool or type(marks) is not list:
        raise _Doubt
    return LabelInput(
        kind=kind,
        verdict=verdict,
        value=_plain(get("value", ""), MAX_VALUE),
        reason=_plain(get("reason", ""), MAX_TEXT),
        comment=_plain(get("comment", ""), MAX_TEXT),
        comment_start=_offset(get("comment_start")),
        comment_end=_offset(get("comment_end")),
        active_ms=_whole(get("active_ms", 0), MAX_ACTIVE_MS),
        hint_shown=hint,
        attributes=tuple(_mark(mark) for mark in marks),
    )


def _mark(mark: Any) -> AttributeMark:
    if not isinstance(mark, dict):
        raise _Doubt
    name, state = _plain(mark.get("name"), MAX_NAME), mark.get("state")
    if not name or type(state) is not str or state not in STATES:
        raise _Doubt
    return AttributeMark(name, state)


def _plain(text: Any, limit: int) -> str:
    """Text that needs no trimming and has no character that anybody could object to."""
    if type(text) is not str or len(text) > limit or not text.isprintable():
        raise _Doubt
    if text != text.strip():
        raise _Doubt
    return text


def _offset(number: Any) -> int | None:
    return None if number is None else _whole(number, INT)


def _whole(number: Any, highest: int) -> int:
    if type(number) is not int or not 0 <= number <= highest:
        raise _Doubt
    return number

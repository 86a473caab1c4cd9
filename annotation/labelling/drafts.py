"""Drafts as the label page saves them: one window's work against what is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User

from annotation.cot.attributes import marks_of
from annotation.cot.errors import DraftConflict
from annotation.cot.steps import StepKind
from annotation.labelling.queue import draft_save
from annotation.models import Assignment

_FIELDS = ("verdict", "value", "reason", "comment", "comment_start", "comment_end")


def draft_keep(
    *, assignment: Assignment, annotator: User, base_version: int, draft: dict[str, Any]
) -> int:
    """As ``draft_save``; but what the same window stored without hearing the answer
    (``draft["window"]``), and what says the same, is no conflict.

    Raises:
        DraftConflict: another window's work is stored, and it says something else.
    """

    def save(version: int) -> int:
        return draft_save(
            assignment=assignment, annotator=annotator, base_version=version, draft=draft
        )

    try:
        return save(base_version)
    except DraftConflict as stored:
        window = draft.get("window")
        own = window is not None and window == stored.draft.get("window")
        if not own and content_of(stored.draft) != content_of(draft):
            raise
        return save(stored.version)


def content_of(draft: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """What a draft says of the five steps, whatever the order of its keys and what it left
    out."""
    content = []
    for kind in StepKind:
        stored = draft.get(str(int(kind)))
        answer: Mapping[str, Any] = stored if isinstance(stored, dict) else {}
        fields = ("" if answer.get(name) is None else str(answer[name]) for name in _FIELDS)
        marks = [(mark.name, mark.state) for mark in marks_of(answer.get("attributes"))]
        content.append((*fields, marks))
    return content

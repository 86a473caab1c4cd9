"""Rows of practice and feedback, with the keys of the API. Unknown is None or ""."""

from __future__ import annotations

from typing import Any, TypedDict


class PracticeStep(TypedDict):
    kind: int
    text: str
    claimed: str


class PracticeRow(TypedDict):
    id: int
    pair: dict[str, Any]
    steps: list[PracticeStep]
    kinds: list[int]
    done: bool


class KnownAnswer(TypedDict):
    kind: int
    known: str
    given: str
    wrong: bool


class PracticeTold(TypedDict):
    note: str
    answers: list[KnownAnswer]


class TryRow(TypedDict):
    id: int
    item: int
    attempt: int
    answered_at: str
    wrong: list[int]
    score: float | None


class OwnDisputeRow(TypedDict):
    id: int
    reason: str
    state: str
    decision_note: str
    created_at: str
    decided_at: str | None


class FeedbackRow(TypedDict):
    attempt: TryRow
    pair: dict[str, Any]
    answers: list[KnownAnswer]
    note: str
    revealed: bool
    may_retry: bool
    left: int
    disputes: list[OwnDisputeRow]

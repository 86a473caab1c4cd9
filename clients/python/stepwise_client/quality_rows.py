"""Rows of projects, people, gold and guidelines, with the keys of the API. Unknown is None."""

from __future__ import annotations

from typing import TypedDict


class ProjectSettings(TypedDict):
    slug: str
    guideline_version: int
    pool: list[str]
    consensus: str
    reuse: bool
    name: str
    layout: str
    overlap: int
    max_overlap: int
    first_error_only: bool
    order: str
    autopilot: str
    gold_percent: int
    gold_onboarding: int
    gold_tries: int
    pause_below: int
    pause_window: int
    review_percent: int
    reuse_audit_percent: int
    explore_percent: int


class Tombstone(TypedDict):
    slug: str
    name: str
    counts: dict[str, int]


class PersonRow(TypedDict):
    id: int
    username: str
    is_active: bool
    roles: list[str]


class GuidelineRow(TypedDict):
    number: int
    text: str
    rules: str
    changed_kinds: list[int]
    note: str
    author: str
    created_at: str


class GoldRow(TypedDict):
    id: int
    rollout: int
    answers: dict[str, str]
    note: str
    source: str
    active: bool
    created_by: str
    created_at: str
    people: int
    mean: float | None
    disputed: int


class DisputeRow(TypedDict):
    id: int
    gold: int
    annotator: str
    reason: str
    state: str
    answers_before: dict[str, str]
    answers_after: dict[str, str] | None
    decision_note: str
    created_at: str
    decided_at: str | None


class PauseRow(TypedDict):
    id: int
    annotator: str
    accuracy: float
    n: int
    threshold: float
    created_at: str
    lifted_at: str | None
    lifted_by: str
    note: str


class FlagRow(TypedDict):
    id: int
    item: int
    kind: int | None
    reason: str
    raised_by: str
    raised_at: str
    settled_by: str
    settled_at: str | None
    answer: str


class ReviewRow(TypedDict):
    id: int
    item: int
    state: str
    reviewer: str
    note: str
    created_at: str
    decided_at: str | None


class ReleaseRow(TypedDict):
    id: int
    project: str
    number: int
    sha256: str
    counts: dict[str, dict[str, int]]
    created_by: str
    created_at: str

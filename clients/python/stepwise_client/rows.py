"""Rows of data, labels and decisions, with the keys of the API. Unknown is None."""

from __future__ import annotations

from typing import Any, TypedDict


class Me(TypedDict):
    username: str
    roles: list[str]
    scopes: list[str]
    token_expires_at: str | None


class ProjectRow(TypedDict):
    slug: str
    name: str
    layout: str
    overlap: int
    max_overlap: int
    guideline_version: int
    reuse: bool
    reuse_audit_percent: int
    order: str
    explore_percent: int
    autopilot: str


class ColumnRow(TypedDict):
    """``meaning``: a field of a mapping, attribute, rater, or empty."""

    name: str
    examples: list[str]
    grades: list[str]
    meaning: str


class PreviewRow(TypedDict):
    """``files``: option and name of each further file; ``options`` are a first guess."""

    adapter: str
    filename: str
    files: dict[str, str]
    rows: int
    columns: list[ColumnRow]
    options: dict[str, str]
    problem: str


class PairRow(TypedDict):
    pair_id: str
    query: str
    query_type: str
    locale: str
    split: str
    product_id: str
    title: str
    category_path: str
    attributes: list[list[str]]
    description: str
    gold: dict[str, str]
    silver: dict[str, str]


class StepRow(TypedDict):
    kind: int
    text: str
    claimed: str


class RolloutRow(TypedDict):
    id: int
    pair: int
    policy: str
    text: str
    layout: str
    parse_error: str
    parse_message: str
    prompt_version: str
    seed: int
    sample_index: int
    temperature: float
    steps: list[StepRow]
    created_at: str


class MarkRow(TypedDict):
    name: str
    state: str


class LabelRow(TypedDict):
    id: int
    item: int
    kind: int
    verdict: str
    value: str
    reason: str
    comment: str
    comment_start: int | None
    comment_end: int | None
    attributes: list[MarkRow]
    annotator: str
    guideline_version: int
    created_at: str


class ResolutionRow(TypedDict):
    id: int
    item: int
    pair: int
    kind: int
    verdict: str
    value: str
    source: str
    n: int
    agreement: float
    cause: str
    guideline_version: int
    created_at: str


class Holder(TypedDict):
    annotator: str
    slot: int
    state: str
    expires_at: str
    submitted_at: str | None
    skip: str
    reason: str


class ItemRow(TypedDict):
    id: int
    project: str
    rollout: int
    reason: str
    state: str
    priority: int
    overlap: int
    kinds: list[int]
    note: str
    selection: str
    probability: float | None
    opened_at: str
    closed_at: str | None


class ItemDetailRow(ItemRow):
    assignments: list[Holder]
    labels: list[LabelRow]
    resolutions: list[ResolutionRow]


class TruthRow(TypedDict):
    id: int
    pair: int
    kind: int
    step_sha256: str
    value: str
    source: str
    resolution: int | None
    created_at: str
    superseded_at: str | None
    withdrawn_at: str | None
    withdrawn_by: str
    withdrawn_reason: str


class TruthDetailRow(TruthRow):
    rollouts: list[int]
    releases: list[int]


class AgreementRow(TypedDict):
    kind: int
    alpha: float | None
    level: str
    n_items: int
    n_labels: int
    undefined_reason: str | None
    pairs: list[dict[str, Any]]


class AuditRow(TypedDict):
    kind: int
    n: int
    contradicted: int
    share: float
    low: float
    high: float


class Relabel(TypedDict):
    rollout: int
    kinds: list[int]


class StaleRun(TypedDict):
    run: int
    release: int
    decisions: int


class StaleRow(TypedDict):
    rollouts: int
    contradicting: int
    relabel: list[Relabel]
    hours: float | None
    runs: list[StaleRun]


class ReopenedCount(TypedDict):
    items: int


class CoverageRow(TypedDict):
    policy: str
    kind: int
    rollouts: int
    people: int
    reuse: int
    implied: int
    rm_only: int
    uncovered: int

"""Rows of models, runs, judges and rounds, with the keys of the API. Unknown is None."""

from __future__ import annotations

from typing import Any, TypedDict


class CheckpointRow(TypedDict):
    id: int
    name: str
    kind: str
    style: str
    layout: str
    prompt_version: str
    run: int | None
    created_at: str


class MetricRow(TypedDict):
    step: int
    data: Any


class Check(TypedDict):
    name: str
    text: str
    met: bool


class Preflight(TypedDict):
    train_pairs: int
    eval_pairs: int
    human_share: float | None
    checks: list[Check]
    problems: list[str]
    warnings: list[str]
    dry_run: dict[str, Any] | None


class RewardedStep(TypedDict):
    kind: int
    reward: float | None
    source: str
    advantage: float
    value: str
    text: str | None


class RewardedRollout(TypedDict):
    place: int
    count: int
    parse_error: str | None
    steps: list[RewardedStep]


class RewardGroupRow(TypedDict):
    id: int
    update: int
    pair: int
    release: int | None
    rollouts: list[RewardedRollout]


class RolloutSent(TypedDict):
    rollout: int
    item: int | None


class TwoRuns(TypedDict):
    first: int
    second: int
    settings: list[dict[str, Any]]
    truths: dict[str, Any] | None
    refusal: str
    release: int | None
    evaluations: list[dict[str, Any]]
    rewards: list[dict[str, Any]] | None


class LineageNode(TypedDict):
    key: str
    kind: str
    text: str
    facts: dict[str, Any]


class Lineage(TypedDict):
    start: str
    nodes: list[LineageNode]
    edges: list[list[str]]
    left_out: int


class Gate(TypedDict):
    n: int
    queries: int
    least: int
    against: str
    measures: list[dict[str, Any]]


class Judge(TypedDict):
    id: int
    name: str
    run: int | None
    standing: str
    gate_state: str | None
    gate: Gate | None
    refusal: list[str]
    kappa: dict[str, float | None]


class Appointment(TypedDict):
    rm: str
    since: str
    until: str | None
    by: str | None
    reason: str
    overridden: list[str]


class JudgesWhole(TypedDict):
    judges: list[Judge]
    history: list[Appointment]


class RoundRow(TypedDict):
    id: int
    project: str
    number: int
    state: str
    policy: str
    rm: str
    release: int | None
    plan: dict[str, Any]
    waived_by: str | None
    waiver: str
    stop_reason: str
    created_at: str
    ended_at: str | None


class RoundWait(TypedDict):
    whom: str
    text: str
    ready: bool


class RoundLabels(TypedDict):
    items: int
    wanted: int
    decided: int
    split: int
    given: int
    submissions_left: int
    hours: float | None


class RoundWhole(TypedDict):
    round: RoundRow
    state: str
    wait: RoundWait | None
    labels: RoundLabels
    batch: int | None
    rm_run: int | None
    run: int | None


class ScoreRow(TypedDict):
    id: int
    step: int
    rollout: int
    kind: int
    rm: str
    p: float
    critique: str
    created_at: str


class DisagreementRow(TypedDict):
    id: int
    project: str
    step: int
    rollout: int
    kind: int
    rm: str
    p: float
    human: str
    confidence: float
    impact: int
    state: str
    item: int | None
    decided_by: str
    decided_at: str | None
    created_at: str


class BulkDecision(TypedDict):
    id: int
    filter: dict[str, str]
    decision: str
    lead: str
    state: str
    matched: int
    decided: int
    refused: int
    refusal: str
    created_at: str
    finished_at: str | None


class InfluenceRow(TypedDict):
    person: str
    labels: int
    truths: int
    changed: int
    lost: int


class Influence(TypedDict):
    release: int | None
    run: int | None
    people: list[InfluenceRow]


class ReplayCounts(TypedDict):
    run: int
    release: int
    groups: int
    steps: int
    flips: int
    flips_by_step: dict[str, int]
    signs: int
    ranks: int
    largest: float
    moved: float


class InfluenceOnRun(ReplayCounts):
    without: str


class FlipRow(TypedDict):
    rollout: int
    kind: int
    before: float | None
    after: float | None
    source_before: str | None
    source_after: str | None


class ChangedGroup(TypedDict):
    update: int
    pair: str
    moved: float
    signs: int
    ranks: int
    flips: list[FlipRow]


class ReplayRow(ReplayCounts):
    ledger: str
    unheard: int
    changed_groups: int
    changed: list[ChangedGroup]


class Thresholds(TypedDict):
    alpha: float | None
    gold_accuracy: float | None
    human_coverage: float | None
    stale_share: float | None
    rm_gated: bool
    varied_pairs: float | None


class BatchQueued(TypedDict):
    opened: int
    covered: int


class WritingRow(TypedDict):
    name: str
    rollouts: int
    parsed: int
    tokens: int
    seconds: float
    asked_again: int
    state: str
    batch: int | None
    error: str


class WritersBatch(TypedDict):
    id: int
    project: str
    writer: str
    pairs: int
    created_at: str

"""Rows of the dashboard, with the keys of the API. Unknown is None."""

from __future__ import annotations

from typing import TypedDict


class ForecastRow(TypedDict):
    remaining: int
    per_day: float
    days: float | None
    done_on: str | None


class DayRow(TypedDict):
    day: str
    submitted: int
    people: int
    active_ms: int


class GoldScore(TypedDict):
    n: int
    accuracy: float


class GoldWeek(GoldScore):
    week: str


class WorkRow(TypedDict):
    submitted: int
    today: int
    active_ms: int
    ms_per_item: int | None


class PersonWork(WorkRow):
    username: str
    gold: GoldScore | None
    paused: bool
    simulated: bool


class AlphaWeek(TypedDict):
    week: str
    kind: int
    alpha: float | None
    n_items: int


class DashboardRow(TypedDict):
    items: dict[str, int]
    served: dict[str, int]
    labels: int
    forecast: ForecastRow
    days: list[DayRow]
    people: list[PersonWork]
    gold: list[GoldWeek]
    agreement: list[AlphaWeek]


class ConfusionCell(TypedDict):
    kind: int
    decided: str
    given: str
    labels: int


class KappaRow(TypedDict):
    other: str | None
    kappa: float | None
    weighted: float | None
    n: int


class PersonNumbers(TypedDict):
    username: str
    served: dict[str, int]
    work: WorkRow | None
    gold_total: GoldScore | None
    gold: list[GoldWeek]
    paused: bool
    days: list[DayRow]
    confusion: list[ConfusionCell]
    kappa: list[KappaRow]


class BehindItem(TypedDict):
    item: int
    query: str
    answers: list[list[str]]
    differ: bool


class ExplainedRow(TypedDict):
    alpha: float | None
    undefined_reason: str
    level: str
    n_items: int
    n_labels: int
    observed: float
    expected: float
    values: list[str]
    coincidences: list[list[float]]
    single: int
    items: list[BehindItem]

"""The dashboard of a project and the page of one person; every table also as CSV."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from annotation.cot.step_names import NAMES
from annotation.cot.steps import OPEN_KINDS, VALUES, StepKind
from annotation.labelling.answers import answer_name
from annotation.labelling.gold_select import gold_by_week
from annotation.labelling.project_switch import project_named, project_shown
from annotation.models import Project, QueueItem
from annotation.people.download import csv_response, wants_csv
from annotation.people.guard import any_role_required, visitor
from annotation.people.roles import Role, roles_of
from annotation.quality.agreement import SlicedAlpha, agreement_slices
from annotation.quality.audits import AuditRate, audit_rates
from annotation.quality.charts import bar_chart, named_line
from annotation.quality.dashboard import Day, daily, forecast
from annotation.quality.people_rows import people_rows, person_numbers
from annotation.quality.progress import item_counts

SEERS = frozenset({Role.LEAD, Role.ML_ENGINEER})


@any_role_required(Role.ANNOTATOR, Role.ML_ENGINEER)
def home(request: HttpRequest) -> HttpResponse:
    """To the dashboard of the project shown last, or of ``?project=``."""
    project = project_shown(request)
    return redirect("quality_dashboard", project.slug) if project else redirect("home")


@never_cache
@any_role_required(Role.ANNOTATOR, Role.ML_ENGINEER)
def dashboard(request: HttpRequest, slug: str) -> HttpResponse:
    """For leads and engineers; an annotator is led to their own page."""
    project = project_named(request, slug)
    user = visitor(request)
    if not roles_of(user) & SEERS:
        return redirect("quality_person", slug, user.pk)
    people = _people(project)
    if (table := wants_csv(request)) == "people":
        head = ["name", "submitted", "last_24_h", "active_ms", "gold_n", "gold_accuracy"]
        return csv_response("people", head, [_person_row(row) for row in people])
    if table == "throughput":
        return _days_csv(daily(project, days=365))
    items, weeks = item_counts(project), agreement_slices(project, "week")
    gold = gold_by_week(project)
    if table == "agreement":
        return _agreement_csv(weeks)
    if table == "gold":
        return _gold_csv(gold)
    if table == "progress":
        return csv_response("progress", ["state", "items"], list(items.items()))
    days = daily(project)
    context = {
        "project": project,
        "tab": "dashboard",
        "items": items,
        "total": sum(items.values()),
        "bar": _stacked(items),
        "forecast": forecast(project),
        "days": bar_chart([(_named(row.day), row.submitted) for row in days]),
        "agreement": _agreement_charts(weeks),
        "gold": _gold_chart(gold),
        "people": people,
        "audits": _audits(project),
    }
    return render(request, "quality/dashboard.html", context)


@never_cache
@any_role_required(Role.ANNOTATOR, Role.ML_ENGINEER)
def person(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One person's numbers: for that person, leads and engineers."""
    project = project_named(request, slug)
    shown = get_object_or_404(User, pk=pk)
    if shown != request.user and not roles_of(request.user) & SEERS:
        raise PermissionDenied
    numbers = person_numbers(project, shown)
    if (table := wants_csv(request)) == "throughput":
        return _days_csv(daily(project, shown, days=365))
    if table == "confusion":
        rows = [
            [kind, truth, answer, n]
            for kind, cells in numbers.confusion.items()
            for (truth, answer), n in cells.items()
        ]
        return csv_response("confusion", ["step", "decided", "said", "labels"], rows)
    context = {
        "project": project,
        "tab": "person" if shown == request.user else "dashboard",
        "shown": shown,
        "own": shown == request.user,
        "served": numbers.served,
        "totals": numbers.totals,
        "gold_total": numbers.gold_total,
        "pauses": numbers.pauses,
        "days": bar_chart([(_named(row.day), row.submitted) for row in numbers.days]),
        "gold": _gold_chart(numbers.gold),
        "kappa": _named_for(request, numbers.kappa),
        "confusion": [
            _grid(StepKind(kind), cells) for kind, cells in sorted(numbers.confusion.items())
        ],
    }
    return render(request, "quality/person.html", context)


def _people(project: Project) -> list[dict[str, Any]]:
    return [row | {"minutes": row["active_ms"] / 60_000} for row in people_rows(project)]


def _audits(project: Project) -> list[tuple[str, AuditRate, float, float, float]]:
    """Step, rate, and its share and interval in percent."""
    return [
        (f"{row.kind} {NAMES[StepKind(row.kind)]}", row,
         100 * row.share, 100 * row.low, 100 * row.high)
        for row in audit_rates(project)
    ]  # fmt: skip


def _person_row(row: dict[str, Any]) -> list[object]:
    gold = row["gold"] or {"n": 0, "accuracy": None}
    numbers = [row[name] for name in ("username", "submitted", "today", "active_ms")]
    return [*numbers, gold["n"], gold["accuracy"]]


def _stacked(items: dict[str, int]) -> list[tuple[str, float, float, int]]:
    """(state, start, width, items) in percent of all."""
    total, start, parts = sum(items.values()) or 1, 0.0, []
    states = QueueItem.State
    for state in (states.RESOLVED, states.SPLIT, states.LABELLED, states.OPEN, states.DROPPED):
        width = 100 * items[state] / total
        parts.append((str(state), round(start, 2), round(width, 2), items[state]))
        start += width
    return parts


def _agreement_charts(weeks: list[SlicedAlpha]) -> list[tuple[Any, Any]]:
    charts = []
    for kind in StepKind:
        points = [(_named(date.fromisoformat(row.value)), _alpha(row, kind)) for row in weeks]
        if chart := named_line("alpha", points):
            charts.append((f"{kind:d} {NAMES[kind]}", chart))
    return charts


def _alpha(row: SlicedAlpha, kind: StepKind) -> float | None:
    alpha = row.by_kind.get(int(kind))
    return alpha.value if alpha else None


def _gold_chart(weeks: list[dict[str, Any]]) -> Any:
    return named_line("right", [(_named(row["week"]), row["accuracy"]) for row in weeks])


def _named(day: date) -> str:
    """Month and day, in the language of the page."""
    return date_format(day, "MONTH_DAY_FORMAT")


def _named_for(
    request: HttpRequest, kappa: list[tuple[str, dict[str, Any]]]
) -> list[tuple[str, dict[str, Any]]]:
    """The others' names are for leads and engineers."""
    seen = bool(roles_of(request.user) & SEERS)
    blind = _("Person %(n)s")
    return [
        (other if seen else blind % {"n": index}, row)
        for index, (other, row) in enumerate(kappa, 1)
    ]


def _grid(kind: StepKind, cells: dict[tuple[str, str], int]) -> dict[str, Any]:
    values = ("correct", "incorrect") if kind in OPEN_KINDS else VALUES[kind]
    rows = [
        (
            answer_name(kind, truth),
            [(cells.get((truth, answer), 0), truth == answer) for answer in values],
        )
        for truth in values
    ]
    right = sum(n for (truth, answer), n in cells.items() if truth == answer)
    return {
        "name": f"{kind:d} {NAMES[kind]}",
        "values": [answer_name(kind, value) for value in values],
        "rows": rows,
        "n": sum(cells.values()),
        "right": right,
    }


def _days_csv(days: list[Day]) -> HttpResponse:
    head = ["day", "submitted", "people", "active_ms"]
    rows = [[row.day, row.submitted, row.people, row.active_ms] for row in days]
    return csv_response("throughput", head, rows)


def _agreement_csv(weeks: list[SlicedAlpha]) -> HttpResponse:
    rows = [
        [row.value, kind, alpha.value, alpha.n_items]
        for row in weeks
        for kind, alpha in row.by_kind.items()
    ]
    return csv_response("agreement", ["week", "step", "alpha", "n_items"], rows)


def _gold_csv(weeks: list[dict[str, Any]]) -> HttpResponse:
    rows = [[f"{row['week']:%Y-%m-%d}", row["n"], row["accuracy"]] for row in weeks]
    return csv_response("gold", ["week", "n", "accuracy"], rows)

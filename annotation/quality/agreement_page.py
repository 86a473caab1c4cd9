"""Agreement by step and slice, and what one of its numbers is made of."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from annotation.cot.step_names import NAMES
from annotation.cot.steps import StepKind
from annotation.labelling.answers import answer_name
from annotation.labelling.project_switch import project_named
from annotation.models import Project
from annotation.people.download import csv_response, wants_csv
from annotation.people.guard import any_role_required
from annotation.people.roles import Role
from annotation.quality.agreement import (
    SLICES,
    Slice,
    agreement_explained,
    agreement_items,
    agreement_slices,
    agreement_table,
    kappa_table,
)

SLICE_NAMES = {
    "": _("everything"),
    "annotator": _("annotator"),
    "query_type": _("query type"),
    "split": _("split"),
    "week": _("week"),
}


@any_role_required(Role.LEAD, Role.ML_ENGINEER)
def agreement(request: HttpRequest, slug: str) -> HttpResponse:
    """``?by=`` a slice, ``?step=`` of the kappa table; ``?csv=slices`` or ``kappa``."""
    project = project_named(request, slug)
    by = _by(request)
    step = StepKind(_step(request) or StepKind.FINAL)
    rows = agreement_slices(project, by) if by else []
    kappa = kappa_table(project, step)
    if wants_csv(request) == "slices":
        return _slices_csv(project, by)
    if wants_csv(request) == "kappa":
        table = [[*row["pair"], row["kappa"], row["weighted"], row["n"]] for row in kappa]
        head = ["annotator", "other", "kappa", "kappa_quadratic", "n"]
        return csv_response(f"kappa-step-{step:d}", head, table)
    context = {
        "project": project,
        "tab": "agreement",
        "by": by,
        "by_name": SLICE_NAMES[by],
        "slices": [(value, SLICE_NAMES[value]) for value in SLICES],
        "table": [
            row | {"name": NAMES[StepKind(row["kind"])]} for row in agreement_table(project)
        ],
        "kinds": [(int(kind), NAMES[kind]) for kind in StepKind],
        "rows": [
            (row, [(int(kind), row.by_kind.get(int(kind))) for kind in StepKind])
            for row in rows
        ],
        "kappa": kappa,
        "explain_links": True,
        "step": int(step),
    }
    return render(request, "quality/agreement.html", context)


@any_role_required(Role.LEAD, Role.ML_ENGINEER)
def explain(request: HttpRequest, slug: str) -> HttpResponse:
    """One alpha: its formula with numbers, its coincidences, the items behind it."""
    project = project_named(request, slug)
    kind, by, key = _step(request), _by(request), request.GET.get("key", "")
    if kind is None:
        raise Http404
    explained, single = agreement_explained(project, kind, by, key)
    values = [(value, answer_name(kind, value)) for value in explained.values]
    context = {
        "project": project,
        "tab": "agreement",
        "kind": int(kind),
        "name": NAMES[kind],
        "by": by,
        "by_name": SLICE_NAMES[by],
        "key": key,
        "explained": explained,
        "single": single,
        "values": values,
        "matrix": [(answer_name(kind, value), cells) for value, cells in explained.matrix()],
        "items": [
            (row, [(who, answer_name(kind, answer)) for who, answer in row.answers])
            for row in agreement_items(project, kind, by, key)
        ],
    }
    return render(request, "quality/explain.html", context)


def _slices_csv(project: Project, by: Slice) -> HttpResponse:
    table = [
        [row.value, kind, alpha.value, alpha.n_items, alpha.n_labels, alpha.undefined_reason]
        for row in agreement_slices(project, by)
        for kind, alpha in row.by_kind.items()
    ]
    head = [by or "all", "step", "alpha", "n_items", "n_labels", "undefined_reason"]
    return csv_response(f"agreement-{by or 'all'}", head, table)


def _by(request: HttpRequest) -> Slice:
    wanted = request.GET.get("by", "")
    return wanted if wanted in SLICES else ""


def _step(request: HttpRequest) -> StepKind | None:
    wanted = request.GET.get("step", "")
    return StepKind(int(wanted)) if wanted in {"1", "2", "3", "4", "5"} else None

"""Reward models of a project: who is in charge, who might be, and what the gate measured."""

from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from annotation.cot.errors import GateRefused
from annotation.cot.step_names import NAMES as NAMES_OF_STEPS
from annotation.cot.steps import OPEN_KINDS
from annotation.labelling.project_switch import project_asked_for, project_shown
from annotation.models import Project
from annotation.people.guard import any_role_required, role_required, visitor
from annotation.people.language import in_words
from annotation.people.roles import Role
from training.job.config import RewardsConfig
from training.judges.appointing import rm_appoint, rm_roll_back
from training.judges.gate import GateReport, Measured
from training.judges.gating import gate_request
from training.judges.select import Judge, appointments, project_of
from training.judges.select import judges as judges_of
from training.judges.tasks import rm_gate
from training.judges.words import NAMES
from training.models import Checkpoint
from training.reward.reliable import doubted
from training.scoring.select import rm_kappas

LEAST = RewardsConfig().least_kappa
STANDINGS: dict[str, Promise] = {
    "in_charge": gettext_lazy("in charge"),
    "former": gettext_lazy("was in charge"),
    "candidate": gettext_lazy("candidate"),
}


@never_cache
@any_role_required(Role.LEAD, Role.ML_ENGINEER)
def judges(request: HttpRequest) -> HttpResponse:
    project = project_shown(request)
    rows = judges_of(project) if project else []
    history = appointments(project) if project else []
    context = {
        "project": project,
        "rows": [
            {
                "judge": judge,
                "standing": STANDINGS[judge.standing],
                "measures": _measures(judge.report) if judge.report else [],
                "refusal": [in_words(line) for line in judge.refusal],
                "kappas": _kappas(judge),
            }
            for judge in rows
        ],
        "present": next((judge for judge in rows if judge.in_charge), None),
        "history": history,
        "least_kappa": f"{LEAST:.2f}",
    }
    return render(request, "judges/judges.html", context)


@require_POST
@role_required(Role.LEAD)
def appoint(request: HttpRequest, pk: int) -> HttpResponse:
    rm = _rm(pk)
    project = project_of(rm)
    try:
        rm_appoint(
            project=project,
            rm=rm,
            lead=visitor(request),
            reason=request.POST.get("reason", ""),
            override=request.POST.get("override") == "1",
        )
    except GateRefused as refused:
        for line in refused.lines:
            messages.error(request, in_words(line))
    else:
        messages.info(request, _("%(name)s is in charge now.") % {"name": rm.name})
    return _back(project)


@require_POST
@role_required(Role.LEAD)
def roll_back(request: HttpRequest) -> HttpResponse:
    """One click: the reason is given with it."""
    project = project_asked_for(request) or project_shown(request)
    if project is None:
        return redirect("judges")
    row = rm_roll_back(
        project=project, lead=visitor(request), reason=request.POST.get("reason", "")
    )
    if row is None:
        messages.info(request, _("Nobody is in charge now."))
    else:
        messages.info(request, _("%(name)s is in charge again.") % {"name": row.rm.name})
    return _back(project)


@require_POST
@any_role_required(Role.LEAD, Role.ML_ENGINEER)
def gate(request: HttpRequest, pk: int) -> HttpResponse:
    return candidate_measure(request, _rm(pk))


def candidate_measure(request: HttpRequest, rm: Checkpoint) -> HttpResponse:
    """Send a candidate to the gate, and the visitor to this page."""
    project = project_of(rm)
    with transaction.atomic():
        row = gate_request(project=project, rm=rm)
        transaction.on_commit(partial(rm_gate.delay, row.pk))
    told = _("The gate measures %(name)s; it is appointed if it passes.")
    messages.info(request, told % {"name": rm.name})
    return _back(project)


def _back(project: Project) -> HttpResponse:
    return redirect(reverse("judges", query={"project": project.slug}))


def _rm(pk: int) -> Checkpoint:
    return get_object_or_404(Checkpoint.objects.select_related("run__project"), pk=pk)


def _kappas(judge: Judge) -> list[dict[str, object]]:
    """Of each step that it learned, and whether runs with the usual settings ask it there."""
    kappas = rm_kappas(judge.rm)
    left_out = doubted(kappas, LEAST, OPEN_KINDS)
    return [
        {
            "name": NAMES_OF_STEPS[kind],
            "kappa": _number(kappa),
            "rewards": kind in OPEN_KINDS and kind not in left_out,
            "open": kind in OPEN_KINDS,
        }
        for kind, kappa in sorted(kappas.items())
    ]


def _measures(report: GateReport) -> list[dict[str, object]]:
    return [
        {
            "name": in_words(NAMES[row.name]),
            "passes": row.passes,
            "cells": [
                _number(row.candidate),
                _number(row.other),
                _number(row.difference, signed=True),
                _bound(row),
            ],
        }
        for row in report.measures
    ]


def _bound(row: Measured) -> str:
    """The bound that counts beside its limit."""
    upper = row.name == "ece"
    value = _number(row.high if upper else row.low, signed=True)
    return f"{value} {'<' if upper else '>'} {row.limit:+.2f}"


def _number(value: float | None, *, signed: bool = False) -> str:
    if value is None:
        return "–"
    return f"{value:+.3f}" if signed else f"{value:.3f}"

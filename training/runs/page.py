"""Runs for ML engineers: list, live page, cancel, resume."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from annotation.cot.errors import Invalid
from annotation.people.guard import any_role_required, role_required, visitor
from annotation.people.roles import Role
from training.job.folder import MOMENTS
from training.judges.page import candidate_measure
from training.models import Checkpoint, LaunchWaiver, TrainingRun
from training.runs.alarms import TEXTS
from training.runs.run_page import (
    VALIDATION,
    RunView,
    checkpoint_left,
    run_view,
    runs_newest_first,
    state_chip,
)
from training.runs.runs import run_cancel, run_resume
from training.runs.tasks import run_send
from training.runs.waivers import REASON_LENGTH, Waiver, run_waive
from training.scoring.scoring import scoring_retry
from training.scoring.select import current_rm
from training.scoring.tasks import steps_score

CANCELLABLE = (TrainingRun.State.HELD, TrainingRun.State.QUEUED, TrainingRun.State.RUNNING)
STOP_POLLING = 286  # htmx: swap this answer, then ask no more
CURVE_NAMES = {
    "reward": gettext_lazy("Reward"),
    "kl": gettext_lazy("KL to the start policy"),
    "entropy": gettext_lazy("Entropy"),
    "length": gettext_lazy("Length (tokens)"),
    "loss": gettext_lazy("Loss"),
    "parse_rate": gettext_lazy("Share that parses"),
    VALIDATION: gettext_lazy("On the validation queries"),
}
EVALUATION = (
    ("macro_f1", gettext_lazy("Macro F1")),
    ("accuracy", gettext_lazy("Accuracy")),
    ("good_f1", gettext_lazy("Good F1")),
    ("kappa_quadratic", gettext_lazy("Quadratic kappa")),
    ("parse_rate", gettext_lazy("Share that parses")),
    ("n", gettext_lazy("Pairs")),
)


@never_cache
@any_role_required(Role.LEAD, Role.ML_ENGINEER)
def runs(request: HttpRequest) -> HttpResponse:
    page = Paginator(runs_newest_first(), 50).get_page(request.GET.get("page"))
    rows = [(run, state_chip(run)) for run in page]
    return render(request, "runs/runs.html", {"page": page, "rows": rows})


@never_cache
@any_role_required(Role.LEAD, Role.ML_ENGINEER)
def run(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "runs/run.html", _context(_get(pk)))


@never_cache
@any_role_required(Role.LEAD, Role.ML_ENGINEER)
def run_live(request: HttpRequest, pk: int) -> HttpResponse:
    """The changing part of the page; polling ends when the run has ended."""
    context = _context(_get(pk))
    view = context["view"]
    status = 200 if isinstance(view, RunView) and view.active else STOP_POLLING
    return render(request, "runs/_live.html", context, status=status)


@require_POST
@role_required(Role.ML_ENGINEER)
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    run_cancel(run=_get(pk))
    messages.info(request, _("The run is being stopped; it saves a checkpoint first."))
    return redirect("run", pk)


@require_POST
@role_required(Role.ML_ENGINEER)
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    with transaction.atomic():
        row = run_resume(run=_get(pk))
        run_send(row)
    messages.info(request, _("The run is queued again and goes on from its last checkpoint."))
    return redirect("run", pk)


@require_POST
@role_required(Role.LEAD)
def waive(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a held run start; the reason stays on it."""
    waiver = Waiver(visitor(request), request.POST.get("reason", ""))
    with transaction.atomic():
        run_send(run_waive(run=_get(pk), waiver=waiver))
    messages.info(request, _("The run is queued; your reason stays on it."))
    return redirect("run", pk)


@require_POST
@role_required(Role.ML_ENGINEER)
def score(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the reward model of this run score the project's rollouts if it is in charge;
    else the gate measures it."""
    row = _get(pk)
    rm = checkpoint_left(row)
    if rm is None or rm.kind != Checkpoint.Kind.RM:
        raise Invalid(_("this run has left no reward model to score with"))
    if current_rm(row.project) != rm:
        return candidate_measure(request, rm)
    scoring_retry(project=row.project, rm=rm)  # one that was parked is taken up again
    transaction.on_commit(partial(steps_score.delay, rm.pk, row.project_id))
    messages.info(request, _("The reward model scores the rollouts; disagreements follow."))
    return redirect("run", pk)


def _get(pk: int) -> TrainingRun:
    return get_object_or_404(runs_newest_first(), pk=pk)


def _context(row: TrainingRun) -> dict[str, object]:
    view, left = run_view(row), checkpoint_left(row)
    before, after = (view.evaluations.get(moment, {}) for moment in MOMENTS)
    return {
        "view": view,
        "run": row,
        "chip": state_chip(row),
        "left": left,
        "left_in_charge": left is not None and current_rm(row.project) == left,
        "alarms": [(*TEXTS[a.code], a.step) for a in view.alarms if a.code in TEXTS],
        "curves": [(CURVE_NAMES[chart.key], chart) for chart in view.charts],
        "evaluation": [
            (name, _measure(before, key), _measure(after, key))
            for key, name in EVALUATION
            if key in before or key in after
        ],
        "cancellable": row.state in CANCELLABLE,
        "waivers": LaunchWaiver.objects.filter(run=row).select_related("lead").order_by("pk"),
        "reason_length": REASON_LENGTH,
        "resumable": row.state in TrainingRun.RESUMABLE,
    }


def _measure(metrics: Mapping[str, Any], key: str) -> str:
    """The number, with its bootstrap interval where the report has one."""
    value, interval = metrics.get(key), metrics.get(f"{key}_interval")
    if value is None:
        return "–"
    text = f"{value:.3f}" if isinstance(value, float) else str(value)
    return f"{text} ({interval[0]:.3f} to {interval[1]:.3f})" if interval else text

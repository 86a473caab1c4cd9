"""The page of the circle: where it stands, what it waits for, and one button."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRefresh

from annotation.cot.errors import Invalid, PreflightRefused
from annotation.labelling.project_switch import project_named, project_shown
from annotation.models import Project
from annotation.people.guard import any_role_required, visitor
from annotation.people.language import in_words
from annotation.people.roles import Role, roles_of
from training.rounds.circle_page import round_view, rounds_shown
from training.rounds.forms import StartForm
from training.rounds.rounds import round_advance, round_start, round_stop
from training.rounds.select import open_round, rounds_newest_first
from training.rounds.tasks import jobs_send
from training.runs.waivers import REASON_LENGTH, Waiver

_may_turn = any_role_required(Role.LEAD, Role.ML_ENGINEER)


@_may_turn
def circles(request: HttpRequest) -> HttpResponse:
    """The circle of the project that was shown before."""
    shown = project_shown(request)
    return redirect("circle", shown.slug) if shown else redirect("home")


@never_cache
@_may_turn
def circle(request: HttpRequest, slug: str) -> HttpResponse:
    return _page(request, project_named(request, slug))


@never_cache
@_may_turn
def circle_live(request: HttpRequest, slug: str) -> HttpResponse:
    """The changing part of the page; once the round has ended the whole page is another."""
    project = get_object_or_404(Project, slug=slug)
    row = rounds_newest_first(project).first()
    if row is None or str(row.pk) != request.GET.get("round"):
        return HttpResponseClientRefresh()
    view = round_view(row, roles_of(visitor(request)))
    if not view.active:
        return HttpResponseClientRefresh()
    return render(request, "rounds/_live.html", {"project": project, "view": view})


@require_POST
@_may_turn
def start(request: HttpRequest, slug: str) -> HttpResponse:
    project = get_object_or_404(Project, slug=slug)
    form = StartForm(request.POST)
    if not form.is_valid():
        name, errors = next(iter(form.errors.items()))
        wrong = f"{form[name].label}: {errors[0]}"
        raise Invalid(wrong)
    chosen = dict(form.cleaned_data)
    autopilot, reason = chosen.pop("autopilot"), chosen.pop("waiver")
    last = rounds_newest_first(project).first()
    with transaction.atomic():
        done = round_start(
            project=project,
            plan=(last.plan if last else {}) | chosen,
            autopilot=autopilot,
            user=visitor(request),
            waiver=_waiver(request, reason),
        )
        jobs_send(done)
    messages.info(request, _("Round %(n)s is started.") % {"n": done.round.number})
    return redirect("circle", slug)


@require_POST
@_may_turn
def advance(request: HttpRequest, slug: str) -> HttpResponse:
    """A refused launch comes back with what speaks against it, and a lead may waive it."""
    project = get_object_or_404(Project, slug=slug)
    row, waiver = open_round(project), _waiver(request, request.POST.get("waiver", ""))
    try:
        with transaction.atomic():
            done = round_advance(round_id=row.pk, user=visitor(request), waiver=waiver)
            jobs_send(done)
    except PreflightRefused as refused:
        return _page(request, project, refused)
    return redirect("circle", slug)


@require_POST
@_may_turn
def stop(request: HttpRequest, slug: str) -> HttpResponse:
    row = open_round(get_object_or_404(Project, slug=slug))
    reason = request.POST.get("reason", "")
    round_stop(round_id=row.pk, reason=reason, user=visitor(request))
    messages.info(request, _("Round %(n)s is stopped.") % {"n": row.number})
    return redirect("circle", slug)


def _waiver(request: HttpRequest, reason: str) -> Waiver | None:
    return Waiver(visitor(request), reason) if reason else None


def _page(
    request: HttpRequest, project: Project, refused: PreflightRefused | None = None
) -> HttpResponse:
    roles = roles_of(visitor(request))
    views = rounds_shown(project, roles)
    view = views[0] if views else None
    last, ended = view.round if view else None, view is None or not view.active
    may_waive = Role.LEAD in roles
    context = {
        "project": project,
        "view": view,
        "views": views,
        "form": StartForm.of(project, last, may_waive=may_waive) if ended else None,
        "refusals": [in_words(text) for _name, text in refused.lines] if refused else [],
        "may_waive": may_waive,
        "reason_length": REASON_LENGTH,
    }
    status = refused.status if refused else 200
    return render(request, "rounds/circle.html", context, status=status)

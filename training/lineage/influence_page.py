"""Whose labels a release and its runs hang on: for leads."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache

from annotation.labelling.project_switch import project_named
from annotation.people.guard import role_required
from annotation.people.roles import Role
from training.lineage.influence import (
    influence_on_run,
    influences,
    newest_release,
    runs_rewarded,
)
from training.models import TrainingRun


@never_cache
@role_required(Role.LEAD)
def influence(request: HttpRequest, slug: str) -> HttpResponse:
    project = project_named(request, slug)
    release = newest_release(project)
    context = {
        "project": project,
        "tab": "influence",
        "release": release,
        "rows": influences(release) if release else [],
        "run": runs_rewarded(release).first() if release else None,
    }
    return render(request, "lineage/influence.html", context)


@never_cache
@role_required(Role.LEAD)
def influence_run(request: HttpRequest, slug: str, run: int, pk: int) -> HttpResponse:
    """A part of the page: what a run would have been taught without this person."""
    project = project_named(request, slug)
    row = get_object_or_404(TrainingRun, pk=run, project=project)
    report = influence_on_run(row, get_object_or_404(User, pk=pk))
    return render(request, "lineage/_influence_run.html", {"report": report})

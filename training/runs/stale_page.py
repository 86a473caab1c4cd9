"""Runs that learned from decisions which a change of the guideline has made stale since."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from annotation.labelling.project_switch import project_named
from annotation.people.guard import any_role_required, wants_part
from annotation.people.roles import Role
from training.runs.stale_runs import stale_runs


@never_cache
@any_role_required(Role.LEAD, Role.ML_ENGINEER)
def stale(request: HttpRequest, slug: str) -> HttpResponse:
    """A page of its own, and by htmx the part that the page of stale labels loads."""
    project = project_named(request, slug)
    template = "runs/_stale.html" if wants_part(request) else "runs/stale.html"
    return render(request, template, {"project": project, "rows": stale_runs(project)})

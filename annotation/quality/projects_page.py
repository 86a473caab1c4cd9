"""What a lead does with a whole project: a changed overlap for open items, and its end."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from annotation.cot.errors import StepwiseError
from annotation.labelling.project_switch import project_named
from annotation.models import Project
from annotation.people.guard import role_required, visitor
from annotation.people.language import refusal_words
from annotation.people.roles import Role
from annotation.quality.overlap import other_overlaps, overlap_apply
from annotation.quality.project_delete import project_delete
from annotation.quality.project_rows import project_counts, project_jobs


@never_cache
@require_http_methods(["GET", "POST"])
@role_required(Role.LEAD)
def overlap(request: HttpRequest, slug: str) -> HttpResponse:
    """Open items that ask another number of people than the project does now."""
    project = project_named(request, slug)
    if request.method == "POST":
        n = overlap_apply(project=project, lead=visitor(request))
        told = ngettext("%(n)s open item was changed.", "%(n)s open items were changed.", n)
        messages.success(request, told % {"n": n})
        return redirect("quality_dashboard", slug)
    counts = other_overlaps(project)
    context = {
        "project": project,
        "tab": "dashboard",
        "counts": list(counts.items()),
        "total": sum(counts.values()),
    }
    return render(request, "quality/overlap.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@role_required(Role.LEAD)
def delete(request: HttpRequest, slug: str) -> HttpResponse:
    """What would go is counted first; the project's name must be typed."""
    project = project_named(request, slug)
    if request.method != "POST":
        return _delete_page(request, project)
    typed_name = request.POST.get("name", "")
    try:
        project_delete(project=project, lead=visitor(request), typed_name=typed_name)
    except StepwiseError as error:
        return _delete_page(request, project, refusal_words(error), error.status)
    messages.success(request, _("The project %(name)s is deleted.") % {"name": project.name})
    return redirect("home")


def _delete_page(
    request: HttpRequest, project: Project, error: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "project": project,
        "tab": "dashboard",
        "counts": project_counts(project),
        "jobs": project_jobs(project),
        "error": error,
    }
    return render(request, "quality/delete.html", context, status=status)

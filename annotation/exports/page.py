"""Exports: ask for one, see how far it is, download it."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from annotation.cot.splits import SPLITS
from annotation.exports.formats import formats
from annotation.exports.jobs import export_job_create
from annotation.exports.tasks import export_job_send
from annotation.labelling.project_switch import project_named, project_shown
from annotation.models import ExportJob
from annotation.people.downloads import file_response
from annotation.people.guard import any_role_required, visitor
from annotation.people.roles import Role

MAY_EXPORT = (Role.LEAD, Role.ML_ENGINEER)
LIVE = (ExportJob.State.QUEUED, ExportJob.State.RUNNING)


@never_cache
@any_role_required(*MAY_EXPORT)
def exports(request: HttpRequest) -> HttpResponse:
    """One project's. Reloads itself while an export is under way; works without scripts."""
    project = project_shown(request)
    rows = ExportJob.objects.filter(project=project).select_related("project", "created_by")
    rows = rows.order_by("-pk")
    page = Paginator(rows, 25).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "project": project,
        "formats": formats().values(),
        "splits": SPLITS,
    }
    response = render(request, "exports/exports.html", context)
    if any(job.state in LIVE for job in page):
        response["Refresh"] = "2"
    return response


@require_POST
@any_role_required(*MAY_EXPORT)
def create(request: HttpRequest) -> HttpResponse:
    post = request.POST
    job = export_job_create(
        project=project_named(request, post.get("project", "")),
        format=post.get("format", ""),
        filter={name: post.get(name, "").strip() for name in ("split", "policy")},
        user=visitor(request),
    )
    export_job_send(job.pk)
    messages.info(request, _("The export is being written; it appears here when it is done."))
    return redirect("exports")


@never_cache
@any_role_required(*MAY_EXPORT)
def file(request: HttpRequest, pk: int) -> HttpResponseBase:
    job = get_object_or_404(ExportJob, pk=pk, state=ExportJob.State.DONE)
    return file_response(job)

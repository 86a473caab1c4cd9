"""New project, and what becomes of an uploaded file: columns, check, import, result."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotation.cot.errors import Conflict, StepwiseError
from annotation.labelling.project_switch import project_named
from annotation.models import ImportJob, Pair, Project
from annotation.pairs.drafts import (
    import_draft_add,
    import_draft_check,
    import_draft_create,
    import_draft_plan,
    open_imports,
)
from annotation.pairs.formats import ENCODING, PARTS, format_named, formats
from annotation.pairs.jobs import import_job_requeue
from annotation.pairs.tasks import import_job_send
from annotation.people.guard import any_role_required, refusal, visitor, wants_part
from annotation.people.language import refusal_words
from annotation.people.roles import Role
from annotation.starting.choices import choices_posted, choices_saved
from annotation.starting.forms import FilesForm, NewProjectForm
from annotation.starting.reading import PlanView
from annotation.starting.start import project_start

MAY_IMPORT = (Role.LEAD, Role.ML_ENGINEER)
_State = ImportJob.State
_SHOWN = 5  # pairs on the page of an import that is done


@never_cache
@require_http_methods(["GET", "POST"])
@any_role_required(*MAY_IMPORT)
def create(request: HttpRequest) -> HttpResponse:
    """A name and a file; what is wrong stands beside its field."""
    form = NewProjectForm(request.POST or None, request.FILES or None)
    if request.method != "POST":
        return render(request, "starting/create.html", {"form": NewProjectForm()})
    if form.is_valid():
        fields = form.cleaned_data
        try:
            job = project_start(
                name=fields["name"],
                slug=fields["slug"],
                uploads=form.uploads,
                user=visitor(request),
            )
        except StepwiseError as error:
            field = "name" if isinstance(error, Conflict) else "upload"
            form.add_error(field, refusal_words(error))
        else:
            return redirect("import_job", job.project.slug, job.pk)
    return render(request, "starting/create.html", {"form": form}, status=422)


@never_cache
@require_http_methods(["GET", "POST"])
@any_role_required(*MAY_IMPORT)
def more(request: HttpRequest, slug: str) -> HttpResponse:
    """More pairs for a project, and its imports so far."""
    project, status = project_named(request, slug), 200
    form = FilesForm()
    if request.method == "POST":
        form, status = FilesForm(request.POST, request.FILES), 422
        if form.is_valid():
            try:
                job = import_draft_create(
                    project=project, uploads=form.uploads, user=visitor(request)
                )
            except StepwiseError as error:
                form.add_error("upload", refusal_words(error))
            else:
                return redirect("import_job", slug, job.pk)
    jobs = ImportJob.objects.filter(project=project).order_by("-pk")[:20]
    context = {"project": project, "form": form, "jobs": jobs}
    return render(request, "starting/more.html", context, status=status)


@never_cache
@require_GET
@any_role_required(*MAY_IMPORT)
def job(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Where an import stands: the choice of columns, the progress, or what came of it."""
    shown = _job(request, slug, pk)
    still_open = open_imports(shown.project).filter(pk=pk).exists()
    edited = shown.state == _State.DRAFT or (still_open and "edit" in request.GET)
    context = _context(shown, edited)
    if edited:
        context["reading"] = PlanView(choices_saved(shown))
    return render(request, "starting/job.html", context)


@never_cache
@require_GET
@any_role_required(*MAY_IMPORT)
def progress(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The part of the page that reloads itself while a worker is at it."""
    return render(request, "starting/_state.html", _context(_job(request, slug, pk), False))


@require_POST
@any_role_required(*MAY_IMPORT)
def plan(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """What was chosen: shown as it would be read, or checked over the whole file."""
    chosen = choices_posted(_job(request, slug, pk), request.POST)
    reading = PlanView(chosen)
    if "check" in request.POST and not reading.problems:
        try:
            import_draft_plan(
                job=chosen.job, adapter=chosen.job.adapter, options=chosen.options
            )
            checked = import_draft_check(job=chosen.job)
        except StepwiseError as error:
            reading.problems.append(refusal_words(error))
        else:
            import_job_send(checked.pk)
            return redirect("import_job", slug, pk)
    context = _context(chosen.job, True) | {"reading": reading}
    if wants_part(request):
        return render(request, "starting/_reading.html", context)
    status = 422 if "check" in request.POST else 200
    return render(request, "starting/job.html", context, status=status)


@require_POST
@any_role_required(*MAY_IMPORT)
def read_as(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Another format or encoding than the one that was found out."""
    adapter, encoding = request.POST.get("adapter", ""), request.POST.get("encoding", "")
    takes = ENCODING in format_named(adapter).takes
    options = {ENCODING.name: encoding} if encoding and takes else {}
    import_draft_plan(job=_job(request, slug, pk), adapter=adapter, options=options)
    return redirect("import_job", slug, pk)


@require_POST
@any_role_required(*MAY_IMPORT)
def add(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """A further file, such as the products of judgments."""
    form = FilesForm(request.POST, request.FILES)
    if form.is_valid():
        import_draft_add(job=_job(request, slug, pk), uploads=form.uploads)
    else:
        messages.error(request, _("Choose a file."))
    return redirect("import_job", slug, pk)


@require_POST
@any_role_required(*MAY_IMPORT)
def start(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Import what was checked, or try again what failed."""
    try:
        wanted = import_job_requeue(job=_job(request, slug, pk))
    except StepwiseError as error:
        return refusal(request, error)
    import_job_send(wanted.pk)
    return redirect("import_job", slug, pk)


def _job(request: HttpRequest, slug: str, pk: int) -> ImportJob:
    rows = ImportJob.objects.select_related("project")
    return get_object_or_404(rows, pk=pk, project=project_named(request, slug))


def _context(job: ImportJob, edited: bool) -> dict[str, Any]:
    done = job.state == _State.DONE and not job.dry_run
    of_cots = PARTS in format_named(job.adapter).takes
    return {
        "project": job.project,
        "job": job,
        "edited": edited,
        "live": job.state in (_State.QUEUED, _State.RUNNING),
        "good": job.rows_read - job.error_count,
        "step": 1 if edited else 3 if done else 2,
        "formats": formats().values(),
        "form": FilesForm(),
        "of_cots": of_cots,
        "another": _another(job, of_cots),
        "pairs": _first_pairs(job.project) if done and not of_cots else [],
    }


def _first_pairs(project: Project) -> list[Pair]:
    rows = Pair.objects.filter(project=project).select_related("product")
    return list(rows.order_by("-pk")[:_SHOWN])


def _another(job: ImportJob, of_cots: bool) -> str:
    """Where the next file is uploaded; CoTs where somebody writes them, under this URL name."""
    name = "first_cots" if of_cots else "project_import"
    return reverse(name, args=[job.project.slug])

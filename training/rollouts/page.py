"""Who writes a project's first CoTs: the choice, and what each writer has written."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRefresh

from annotation.cot.errors import Invalid, StepwiseError
from annotation.labelling.project_switch import project_named
from annotation.models import Project
from annotation.pairs.drafts import import_draft_create
from annotation.pairs.formats import WRITER
from annotation.people.guard import any_role_required, visitor, wants_part
from annotation.people.language import refusal_words
from annotation.people.roles import Role
from training.models import RolloutBatch
from training.rollouts.batches import batch_queue, batch_retry
from training.rollouts.choice import FORMS, OwnForm, PairsForm
from training.rollouts.own.table import COTS
from training.rollouts.tasks import rollouts_send
from training.rollouts.written import pairs_unwritten, writings

_may_choose = any_role_required(Role.LEAD, Role.ML_ENGINEER)


@never_cache
@require_GET
@_may_choose
def first_cots(request: HttpRequest, slug: str) -> HttpResponse:
    """The page; for htmx the choice alone, as a part of another page."""
    project = project_named(request, slug)
    template = "rollouts/_choice.html" if wants_part(request) else "rollouts/first_cots.html"
    return render(request, template, _context(project))


@never_cache
@require_GET
@_may_choose
def live(request: HttpRequest, slug: str) -> HttpResponse:
    """The table while somebody writes; at the end the whole page is another."""
    project = get_object_or_404(Project, slug=slug)
    rows = writings(project)
    if not any(row.live for row in rows):
        return HttpResponseClientRefresh()
    return render(request, "rollouts/_writings.html", {"project": project, "writings": rows})


@require_POST
@_may_choose
def write(request: HttpRequest, slug: str) -> HttpResponse:
    """Start a writer; what is wrong stands beside its field."""
    project, writer = project_named(request, slug), request.POST.get("writer", "")
    if writer not in FORMS:
        raise Invalid(_("there is no writer '%(name)s'") % {"name": writer[:40]})
    form = FORMS[writer](project, request.POST)
    if form.is_valid():
        try:
            with transaction.atomic():
                batch = form.start()
                rollouts_send(batch.pk)
        except StepwiseError as error:
            form.add_error(None, refusal_words(error))
        else:
            words = _("%(name)s writes about %(n)s pairs.")
            names = {"name": batch.policy.name, "n": len(batch.pair_ids)}
            messages.info(request, words % names)
            return redirect("first_cots", slug)
    context = _context(project, {writer: form})
    return render(request, "rollouts/first_cots.html", context, status=422)


@require_POST
@_may_choose
def own(request: HttpRequest, slug: str) -> HttpResponse:
    """Keep a file of CoTs; the page of its import asks what its columns are."""
    project, form = project_named(request, slug), OwnForm(request.POST, request.FILES)
    if form.is_valid():
        writer = form.cleaned_data["writer"]
        try:
            job = import_draft_create(
                project=project,
                uploads=form.uploads,
                user=visitor(request),
                adapter=COTS.name,
                options={WRITER.name: writer} if writer else None,
            )
        except StepwiseError as error:
            form.add_error("upload", refusal_words(error))
        else:
            return redirect("import_job", slug, job.pk)
    context = _context(project) | {"own": form}
    return render(request, "rollouts/first_cots.html", context, status=422)


@require_POST
@_may_choose
def again(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Try a failed request again."""
    with transaction.atomic():
        batch_retry(batch=_batch(slug, pk))
        rollouts_send(pk)
    return redirect("first_cots", slug)


@require_POST
@_may_choose
def queue(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Queue what parses of a writer that mostly does not."""
    opened = batch_queue(batch=_batch(slug, pk))
    words = _("%(n)s CoTs are in the queue now; %(covered)s leave nothing to ask.")
    messages.info(request, words % {"n": opened.opened, "covered": opened.covered})
    return redirect("first_cots", slug)


def _batch(slug: str, pk: int) -> RolloutBatch:
    rows = RolloutBatch.objects.select_related("policy", "round")
    return get_object_or_404(rows, pk=pk, project__slug=slug)


def _context(project: Project, sent: dict[str, PairsForm] | None = None) -> dict[str, Any]:
    rows = writings(project)
    forms = {name: form(project) for name, form in FORMS.items()} | (sent or {})
    return {
        "project": project,
        "writings": rows,
        "live": any(row.live for row in rows),
        "unwritten": pairs_unwritten(project),
        "pairs": project.pairs.count(),
        "forms": forms,
        "own": OwnForm(),
        "opened": next(iter(sent), "") if sent else "",
    }

"""The label page: claim, show, submit, skip, undo."""

from __future__ import annotations

import uuid
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from annotation.cot.errors import AlreadySubmitted, Conflict, DraftConflict, InvalidLabels
from annotation.labelling.cards import cards_of, mark_options
from annotation.labelling.claims import ShownClaim, claim_shown
from annotation.labelling.draft_page import posted_draft_keep
from annotation.labelling.feedback_page import feedback_url
from annotation.labelling.forms import (
    answers_of,
    base_version_of,
    client_key_of,
    labels_of,
    milliseconds_of,
    until_first_error,
)
from annotation.labelling.hints import rule_hints
from annotation.labelling.place import answered_before, last_project, place_of
from annotation.labelling.practice import practice_offers
from annotation.labelling.queue import claim_heartbeat, item_skip, queue_claim_shown
from annotation.labelling.queue_select import queue_state
from annotation.labelling.recent import recent_submissions
from annotation.labelling.skip_table import Effect, skip_keys, skips_for
from annotation.labelling.skips import skip_take_back
from annotation.labelling.submit import claim_submit, submission_undo, undo_refusal
from annotation.models import Assignment, Project, QueueItem, Submission
from annotation.models.queue import CLAIMABLE
from annotation.people.guard import role_required, visitor, wants_part
from annotation.people.language import label_words, refusal_words
from annotation.people.roles import Role, has_role


@require_GET
@never_cache
@role_required(Role.ANNOTATOR)
def label(request: HttpRequest) -> HttpResponse:
    """The claim in ``?claim=`` while it is the visitor's and live, else any such claim, else
    the next item, else why there is none."""
    user = visitor(request)
    slug = request.GET.get("project", "")
    project = get_object_or_404(Project, slug=slug) if slug else last_project(user)
    claim = _claim_named(request) or queue_claim_shown(
        annotator=user, slug=project.slug if project else ""
    )
    if claim is None and project is not None and not slug:
        project, claim = None, queue_claim_shown(annotator=user)
    if claim is None:
        state = queue_state(user=user, project=project)
        context = {"state": state, "project": project, **_before(request)}
        return render(request, "labelling/label_empty.html", context)
    return _page(request, claim, claim.draft, {})


@require_POST
@role_required(Role.ANNOTATOR)
def submit(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Leads to what comes next, or shows the page with errors."""
    claim = claim_shown(pk, visitor(request).pk)
    if claim is None:
        raise Http404
    item, slug = claim.item, claim.item.project.slug
    answers = answers_of(request.POST, item.kinds)
    claims = {step.kind: step.value for step in item.rollout.steps}
    labels = labels_of(answers, claims, hint_shown=bool(request.POST.get("hint_shown")))
    try:
        submission = claim_submit(
            claim_id=pk,
            annotator=visitor(request),
            client_key=client_key_of(request.POST),
            labels=until_first_error(labels) if item.project.first_error_only else labels,
            active_ms=milliseconds_of(request.POST),
            rules_enforced=True,
        )
    except InvalidLabels as error:
        errors = label_words(error)
        return _page(request, claim, answers, errors, status=422)
    except AlreadySubmitted as error:
        messages.info(request, refusal_words(error))
        return redirect(_next_url(slug, receipt=error.receipt))
    following = feedback_url(request, submission)
    if following is None:
        return redirect(_next_url(slug, receipt=submission.pk))
    # What is no label page has styles and scripts of its own.
    return HttpResponseClientRedirect(following) if wants_part(request) else redirect(following)


@require_POST
@role_required(Role.ANNOTATOR)
def skip(request: HttpRequest, pk: int) -> HttpResponse:
    assignment, how = _own(request, pk), request.POST.get("how", "")
    if how in skip_keys(Effect.LATER) and base_version_of(request.POST) is not None:
        with suppress(DraftConflict):
            posted_draft_keep(request, assignment)  # it comes back with what was marked
    vote = item_skip(
        assignment=assignment,
        annotator=visitor(request),
        how=how,
        reason=request.POST.get("reason", "").strip(),
    )
    messages.info(request, _("Skipped."))
    skipped = {"skipped": pk} if how in skip_keys(Effect.OTHERS) else {}
    if vote is not None:
        skipped["receipt"] = vote.pk
    return redirect(_next_url(assignment.item.project.slug, **skipped))


@require_POST
@role_required(Role.ANNOTATOR)
def unskip(request: HttpRequest, pk: int) -> HttpResponse:
    """What was passed to others comes back while they have not taken it."""
    assignment = _own(request, pk)
    claim = skip_take_back(assignment=assignment, annotator=visitor(request))
    messages.info(request, _("The item is yours again."))
    return redirect(_next_url(assignment.item.project.slug, claim=claim.pk))


@require_POST
@role_required(Role.ANNOTATOR)
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    user = visitor(request)
    own = Submission.objects.select_related("assignment__item__project")
    submission = get_object_or_404(own, pk=pk, annotator=user)
    slug = submission.assignment.item.project.slug
    try:
        claim = submission_undo(submission=submission, annotator=user)
    except Conflict as error:
        messages.warning(request, _("Not undone: %(why)s.") % {"why": refusal_words(error)})
        return redirect(_next_url(slug))
    messages.info(request, _("Undone. The item is yours again, as you submitted it."))
    return redirect(_next_url(slug, claim=claim.pk))


def _page(
    request: HttpRequest,
    claim: ShownClaim,
    answers: dict[str, Any],
    errors: dict[int, str],
    status: int = 200,
) -> HttpResponse:
    item = claim.item
    context = {
        "assignment": claim,
        "item": item,
        "cards": cards_of(
            item.rollout.steps, item.rollout.pair.product, item.kinds, answers, errors
        ),
        "errors": errors,
        "mark_options": mark_options(),
        "skips": skips_for(lead=has_role(visitor(request), Role.LEAD)),
        "rules": rule_hints(item.project.rules, reason=True),
        "client_key": request.POST.get("client_key") or uuid.uuid4().hex,
        "heartbeat_s": max(3, settings.LEASE_SECONDS // 3),
        "next_url": _next_url(item.project.slug),
        "place": place_of(visitor(request), item.project.id),
        "practice": item.project.id in practice_offers(visitor(request)),
        "answered": answered_before(visitor(request), item),
        **_before(request),
    }
    return render(request, "labelling/label.html", context, status=status)


def _before(request: HttpRequest) -> dict[str, object]:
    """What the person did just before, while it can be taken back."""
    pk = request.GET.get("skipped", "")
    own = Assignment.objects.filter(
        annotator=visitor(request),
        skip__in=skip_keys(Effect.OTHERS),
        item__state=QueueItem.State.OPEN,
    )
    skipped = own.filter(pk=pk).first() if _is_id(pk) else None
    return {"skipped": skipped, **_receipt(request)}


def _receipt(request: HttpRequest) -> dict[str, object]:
    """The newest receipt while it can be undone; shown when the submit led here."""
    newest = recent_submissions(visitor(request), limit=1).first()
    if newest is None:
        return {"receipt": None}
    item = newest.assignment.item
    refusal = undo_refusal(submission=newest, item=item)
    return {
        "receipt": newest,
        "just_submitted": request.GET.get("receipt") == str(newest.pk),
        "can_undo": refusal is None,
        "undo_seconds": settings.UNDO_SECONDS if item.state == QueueItem.State.LABELLED else 0,
    }


def _own(request: HttpRequest, pk: int) -> Assignment:
    own = Assignment.objects.select_related("item__project")
    return get_object_or_404(own, pk=pk, annotator=visitor(request))


def _claim_named(request: HttpRequest) -> ShownClaim | None:
    """What ``?claim=`` names, renewed; None when it is over or somebody else's."""
    named, user = request.GET.get("claim", ""), visitor(request)
    live = Assignment.objects.filter(
        annotator=user, state=Assignment.State.CLAIMED, item__state__in=CLAIMABLE
    )
    claim = live.filter(pk=named).first() if _is_id(named) else None
    if claim is None:
        return None
    claim_heartbeat(assignment=claim, annotator=user)
    return claim_shown(claim.pk, user.pk)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _next_url(slug: str, **named: int) -> str:
    """The next item of the same project: what a person has just learned stays useful."""
    query = {name: str(number) for name, number in named.items()}
    return reverse("label", query={"project": slug, **query})

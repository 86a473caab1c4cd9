"""What a person is told after a gold item, and how they may answer back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from annotation.labelling.answers import answer_rows
from annotation.labelling.disputes import dispute_open
from annotation.labelling.feedback import answered_tries, feedback_of
from annotation.labelling.gold import gold_retry
from annotation.models import GoldDispute, GoldTry, QueueItem, Submission
from annotation.people.guard import role_required, visitor
from annotation.people.roles import Role


def feedback_url(request: HttpRequest, submission: Submission) -> str | None:
    """Where a submitted gold item leads: its feedback when something was wrong, else on."""
    if submission.assignment.item.state != QueueItem.State.GOLD:
        return None
    gold_try = GoldTry.objects.get(item=submission.assignment.item_id)
    if gold_try.wrong:
        return reverse("gold_feedback", args=[gold_try.pk])
    messages.success(request, _("That was a gold item, and every step was right."))
    return None


@require_GET
@never_cache
@role_required(Role.ANNOTATOR)
def feedback(request: HttpRequest, pk: int) -> HttpResponse:
    """Which steps were wrong; the true answers once no attempt is left."""
    told = feedback_of(_own(request, pk))
    gold = told.gold_try.gold
    rows = answer_rows(gold.rollout, gold.answers, told.given)
    context = {
        "project": gold.project,
        "try": told.gold_try,
        "pair": told.pair,
        "rows": [row for row in rows if row.known],
        "revealed": told.revealed,
        "retry": told.may_retry,
        "left": told.left,
        "disputes": told.disputes,
        "disputed": any(row.state == GoldDispute.State.OPEN for row in told.disputes),
    }
    return render(request, "labelling/feedback.html", context)


@require_POST
@role_required(Role.ANNOTATOR)
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    gold_try = _own(request, pk)
    gold_retry(gold_try=gold_try, annotator=visitor(request))
    return redirect(reverse("label", query={"project": gold_try.gold.project.slug}))


@require_POST
@role_required(Role.ANNOTATOR)
def dispute(request: HttpRequest, pk: int) -> HttpResponse:
    dispute_open(
        gold_try=_own(request, pk),
        annotator=visitor(request),
        reason=request.POST.get("reason", ""),
    )
    messages.success(request, _("A lead will look at it."))
    return redirect("gold_feedback", pk)


def _own(request: HttpRequest, pk: int) -> GoldTry:
    return get_object_or_404(answered_tries(visitor(request)), pk=pk)

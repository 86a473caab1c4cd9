"""The review list, and the page of one item with everything that was said and decided."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from annotation.cot.errors import Invalid
from annotation.cot.steps import OPEN_KINDS
from annotation.deciding.causes import cause_label
from annotation.deciding.resolution import item_reopen
from annotation.deciding.reviews import review_accept
from annotation.deciding.reviews_select import (
    decided_now,
    item_resolutions,
    review_counts,
    reviewed_recently,
    reviews_due,
)
from annotation.deciding.votes import vote_cards
from annotation.labelling.answers import answer_name, decision_words
from annotation.labelling.cards import cards_of
from annotation.labelling.project_switch import project_named
from annotation.models import QueueItem, Review
from annotation.people.guard import role_required, visitor
from annotation.people.roles import Role


@never_cache
@role_required(Role.LEAD)
def review(request: HttpRequest, slug: str) -> HttpResponse:
    project = project_named(request, slug)
    context = {
        "project": project,
        "tab": "review",
        "page": Paginator(reviews_due(project), 50).get_page(request.GET.get("page")),
        "counts": review_counts(project),
        "recent": reviewed_recently(project),
    }
    return render(request, "deciding/review.html", context)


@never_cache
@role_required(Role.LEAD)
def item(request: HttpRequest, pk: int) -> HttpResponse:
    queued = get_object_or_404(
        QueueItem.objects.select_related("project", "rollout__pair__product"), pk=pk
    )
    rollout = queued.rollout
    decided, votes = decided_now(queued), vote_cards(queued)
    steps = []
    for card in cards_of(rollout.steps.all(), rollout.pair.product, queued.kinds, {}):
        row = decided.get(card.kind)
        card.votes = votes.get(card.kind, [])
        answer = (row.verdict if card.kind in OPEN_KINDS else row.value) if row else ""
        steps.append((card, row, answer_name(card.kind, answer)))
    states = QueueItem.State
    context = {
        "project": queued.project,
        "tab": "review",
        "item": queued,
        "pair": queued.rollout.pair,
        "steps": steps,
        "resolutions": [
            (row, decision_words(row.kind, row.verdict, row.value), cause_label(row.cause))
            for row in item_resolutions(queued)
        ],
        "review": queued.reviews.filter(state=Review.State.DUE).first(),
        "reviews": queued.reviews.exclude(state=Review.State.DUE).select_related("reviewer"),
        "closed": queued.state in (states.RESOLVED, states.DROPPED),
        "resolved": queued.state == states.RESOLVED,
    }
    return render(request, "deciding/item.html", context)


@require_POST
@role_required(Role.LEAD)
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    due = get_object_or_404(Review.objects.select_related("item__project"), pk=pk)
    review_accept(review=due, lead=visitor(request), note=request.POST.get("note", ""))
    following = reviews_due(due.item.project).first()
    if following is not None:
        return redirect("quality_item", following.item_id)
    messages.success(request, _("Everything drawn for review was looked at."))
    return redirect("quality_review", due.item.project.slug)


@require_POST
@role_required(Role.LEAD)
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    closed = get_object_or_404(QueueItem, pk=pk)
    reason = request.POST.get("reason", "")
    if not reason.strip():
        raise Invalid(_("Say why the item is reopened."))
    opened = item_reopen(item=closed, lead=visitor(request), reason=reason)
    if opened.state == QueueItem.State.SPLIT:
        return redirect("adjudicate", pk)
    messages.success(request, _("The item is back in the queue."))
    return redirect("quality_item", pk)

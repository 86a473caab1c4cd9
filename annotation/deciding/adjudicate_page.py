"""Split items for leads: the list, one item with the labels side by side, the decision."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from annotation.cot.errors import Invalid
from annotation.deciding.causes import CAUSES
from annotation.deciding.resolution import StepDecision, item_adjudicate
from annotation.deciding.votes import split_kinds, vote_cards
from annotation.labelling.cards import cards_of
from annotation.labelling.flags_select import open_flags_of
from annotation.labelling.forms import answers_of, labels_of
from annotation.labelling.hints import rule_hints
from annotation.labelling.passed import (
    is_passed_by_everybody,
    skips_of,
    unrateable_votes,
    waiting_for_lead,
)
from annotation.labelling.project_switch import project_asked_for
from annotation.labelling.skips import item_drop
from annotation.models import QueueItem
from annotation.people.guard import role_required, visitor
from annotation.people.language import refusal_words
from annotation.people.roles import Role

PAGE = 100


@never_cache
@role_required(Role.LEAD)
def adjudication(request: HttpRequest) -> HttpResponse:
    """Of all projects, or of ``?project=``."""
    project = project_asked_for(request)
    items = list(waiting_for_lead(project)[: PAGE + 1])
    context = {"project": project, "items": items[:PAGE], "more": len(items) > PAGE}
    return render(request, "deciding/adjudication.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@role_required(Role.LEAD)
def adjudicate(request: HttpRequest, pk: int) -> HttpResponse:
    item = get_object_or_404(
        QueueItem.objects.select_related("project", "rollout__pair__product"), pk=pk
    )
    if request.method != "POST":
        return _page(request, item, {}, "")
    answers = answers_of(request.POST, item.kinds)
    claims = {step.kind: step.value for step in item.rollout.steps.all()}
    decisions = {
        label.kind: StepDecision(verdict=label.verdict, value=label.value)
        for label in labels_of(answers, claims)
    }
    try:
        item_adjudicate(
            item=item,
            lead=visitor(request),
            decisions=decisions,
            cause=request.POST.get("cause", ""),
            comment=request.POST.get("comment", "").strip(),
        )
    except Invalid as error:
        return _page(request, item, answers, refusal_words(error), status=422)
    messages.success(request, _("Item %(number)s is decided.") % {"number": item.pk})
    return _next(item)


@require_POST
@role_required(Role.LEAD)
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """It cannot be judged: out of the queue for all."""
    item = get_object_or_404(QueueItem, pk=pk)
    item_drop(item=item, lead=visitor(request), reason=request.POST.get("reason", ""))
    messages.success(request, _("Item %(number)s is out of the queue.") % {"number": item.pk})
    return _next(item)


def _next(item: QueueItem) -> HttpResponse:
    """The next of the same project; when there is none, of any."""
    same, every = waiting_for_lead(item.project), waiting_for_lead()
    following = same.exclude(pk=item.pk).first() or every.exclude(pk=item.pk).first()
    return redirect("adjudicate", following.pk) if following else redirect("adjudication")


def _page(
    request: HttpRequest,
    item: QueueItem,
    answers: dict[str, Any],
    error: str,
    status: int = 200,
) -> HttpResponse:
    rollout = item.rollout
    cards = cards_of(rollout.steps.all(), rollout.pair.product, item.kinds, answers)
    votes, split, flags = vote_cards(item), split_kinds(item), open_flags_of(item)
    for card in cards:
        card.votes = votes.get(card.kind, [])
        card.flags = flags.get(card.kind, [])
        card.agreed = bool(card.votes) and card.kind not in split
        answers_given = {(vote.verdict, vote.value_name) for vote in card.votes}
        card.unanimous = card.agreed and len(answers_given) == 1
        # A lead decides; "unsure" is for annotators.
        card.verdicts = [option for option in card.verdicts if option.value != "unsure"]
    passed = is_passed_by_everybody(item)
    context = {
        "item": item,
        "cards": cards,
        "error": error,
        "flags": flags.get(None, []),
        "causes": CAUSES,
        "cause": request.POST.get("cause", ""),
        "comment": request.POST.get("comment", ""),
        "rules": rule_hints(item.project.rules, reason=False),
        "adjudicating": True,
        "open": item.state == QueueItem.State.SPLIT or passed,
        "passed": passed,
        "skips": skips_of(item) if passed else unrateable_votes(item),
    }
    return render(request, "deciding/adjudicate.html", context, status=status)

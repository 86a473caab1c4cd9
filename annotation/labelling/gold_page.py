"""Gold for leads: the list, the settings, one item with its trail."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from annotation.cot.errors import Invalid
from annotation.cot.gold import answers_conflict
from annotation.cot.rules import parse_rules
from annotation.labelling.answers import answer_names, answer_rows, posted_answers
from annotation.labelling.disputes import dispute_decide
from annotation.labelling.gold import gold_from_item, gold_import, gold_retire
from annotation.labelling.gold_select import gold_list, open_disputes, project_pauses
from annotation.labelling.gold_settings import CHOICES, LIMITS, quality_settings_save
from annotation.labelling.pauses import pause_lift
from annotation.labelling.project_switch import project_named
from annotation.models import GoldDispute, GoldItem, Pause, QueueItem
from annotation.people.guard import role_required, visitor
from annotation.people.language import in_words
from annotation.people.roles import Role

SETTING_NAMES = {
    "gold_percent": gettext_lazy("Gold rate, percent of claims"),
    "gold_onboarding": gettext_lazy("Gold items before a new person's first real one"),
    "gold_tries": gettext_lazy("Attempts before the answers are shown"),
    "pause_below": gettext_lazy("Pause under this percent of gold steps right (0 = never)"),
    "pause_window": gettext_lazy("…over the last so many gold items"),
    "review_percent": gettext_lazy("Percent of resolved items for review"),
    "reuse_audit_percent": gettext_lazy("Percent of decided steps asked again (audit)"),
    "explore_percent": gettext_lazy("Percent of new items that chance places"),
}
CHOICE_NAMES = {
    "consensus": gettext_lazy("Labels are merged by"),
    "order": gettext_lazy("What is asked first"),
    "autopilot": gettext_lazy("How far a round goes on by itself"),
}
CHOICE_TEXTS = {
    "majority": gettext_lazy("majority"),
    "dawid_skene": "Dawid-Skene",
    "oldest": gettext_lazy("oldest first"),
    "uncertainty": gettext_lazy("where the reward model is least sure"),
    "flip_risk": gettext_lazy("least sure, times the signs that the other verdict would turn"),
    "claim_entropy": gettext_lazy("where the policy's rollouts claim different tiers"),
    "expected_change": gettext_lazy(
        "where answers are expected to move advantages most a second"
    ),
    "off": gettext_lazy("a person starts each stage"),
    "to_release": gettext_lazy("up to the release"),
    "whole": gettext_lazy("round after round"),
}


@never_cache
@role_required(Role.LEAD)
def gold(request: HttpRequest, slug: str) -> HttpResponse:
    project = project_named(request, slug)
    page = Paginator(gold_list(project), 50).get_page(request.GET.get("page"))
    rules = parse_rules(project.rules)
    context = {
        "project": project,
        "tab": "gold",
        "page": page,
        "rows": [
            (row, answer_names(row.answers), answers_conflict(row.answers, rules))
            for row in page
        ],
        "disputes": open_disputes(project),
        "pauses": project_pauses(project)[:50],
        "settings": [
            (name, SETTING_NAMES[name], getattr(project, name), low, high)
            for name, (low, high) in LIMITS.items()
        ],
        "choices": [
            (
                name,
                CHOICE_NAMES[name],
                [(v, CHOICE_TEXTS[v], v == getattr(project, name)) for v in values],
            )
            for name, values in CHOICES.items()
        ],
    }
    return render(request, "labelling/gold.html", context)


@require_POST
@role_required(Role.LEAD)
def settings(request: HttpRequest, slug: str) -> HttpResponse:
    project = project_named(request, slug)
    raw = {name: request.POST.get(name, "").strip() for name in LIMITS}
    if bad := [name for name, text in raw.items() if not text.isdigit() or len(text) > 4]:
        raise Invalid(_("%(name)s must be a whole number") % {"name": SETTING_NAMES[bad[0]]})
    quality_settings_save(
        project=project,
        lead=visitor(request),
        numbers={name: int(text) for name, text in raw.items()},
        choices={name: request.POST.get(name, "") for name in CHOICES},
        reuse="reuse" in request.POST,
    )
    messages.success(request, _("Saved."))
    return redirect("quality_gold", slug)


@require_POST
@role_required(Role.LEAD)
def gold_add(request: HttpRequest, slug: str) -> HttpResponse:
    """From imported values; ``limit`` at most so many."""
    project = project_named(request, slug)
    limit = request.POST.get("limit", "")
    many = int(limit) if limit.isdigit() and len(limit) < 6 else 100
    made = gold_import(project=project, lead=visitor(request), limit=many)
    told = ngettext("%(n)s gold item was added.", "%(n)s gold items were added.", made)
    messages.success(request, told % {"n": made})
    return redirect("quality_gold", slug)


@require_POST
@role_required(Role.LEAD)
def gold_of_item(request: HttpRequest, pk: int) -> HttpResponse:
    item = get_object_or_404(
        QueueItem.objects.select_related("project", "rollout__pair"), pk=pk
    )
    note = request.POST.get("note", "")
    made = gold_from_item(item=item, lead=visitor(request), note=note)
    messages.success(request, _("This item is gold now."))
    return redirect("quality_gold_item", made.pk)


@never_cache
@role_required(Role.LEAD)
def gold_item(request: HttpRequest, pk: int) -> HttpResponse:
    gold = get_object_or_404(
        GoldItem.objects.select_related("project", "rollout__pair__product", "created_by"),
        pk=pk,
    )
    disputes = gold.disputes.select_related("gold_try__annotator", "decided_by")
    context = {
        "project": gold.project,
        "tab": "gold",
        "gold": gold,
        "pair": gold.rollout.pair,
        "rows": answer_rows(gold.rollout, gold.answers),
        "conflict": in_words(
            answers_conflict(gold.answers, parse_rules(gold.project.rules)) or ""
        ),
        "disputes": [
            (row, answer_names(row.answers_before), answer_names(row.answers_after or {}))
            for row in disputes.order_by("-pk")
        ],
        "tries": gold.tries.select_related("annotator").order_by("-pk")[:100],
    }
    return render(request, "labelling/gold_item.html", context)


@require_POST
@role_required(Role.LEAD)
def retire(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(GoldItem, pk=pk)
    gold_retire(gold=row, lead=visitor(request), active=request.POST.get("active") == "1")
    return redirect("quality_gold_item", pk)


@require_POST
@role_required(Role.LEAD)
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """``decision``: uphold, or change with the ``answer-K`` fields."""
    dispute = get_object_or_404(GoldDispute, pk=pk)
    change = request.POST.get("decision") == "change"
    dispute_decide(
        dispute=dispute,
        lead=visitor(request),
        answers=posted_answers(request.POST) if change else None,
        note=request.POST.get("note", ""),
    )
    messages.success(request, _("Decided."))
    return redirect("quality_gold_item", dispute.gold_id)


@require_POST
@role_required(Role.LEAD)
def lift(request: HttpRequest, pk: int) -> HttpResponse:
    pause = get_object_or_404(Pause.objects.select_related("project", "annotator"), pk=pk)
    pause_lift(pause=pause, lead=visitor(request), note=request.POST.get("note", ""))
    told = _("%(name)s may go on.") % {"name": pause.annotator.get_username()}
    messages.success(request, told)
    return redirect("quality_gold", pause.project.slug)

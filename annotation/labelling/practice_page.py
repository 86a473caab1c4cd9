"""Practice: a gold item with its explanation, answered without consequence."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from annotation.cot.gold import label_answers
from annotation.labelling.answers import answer_rows
from annotation.labelling.cards import cards_of, mark_options
from annotation.labelling.forms import answers_of, labels_of
from annotation.labelling.hints import rule_hints
from annotation.labelling.practice import practice_answer, practice_items, practice_left
from annotation.labelling.project_switch import project_named
from annotation.models import GoldItem
from annotation.people.guard import role_required, visitor
from annotation.people.roles import Role


@never_cache
@role_required(Role.ANNOTATOR)
def practice(request: HttpRequest, slug: str) -> HttpResponse:
    """``?item=``, else the first not done; posted answers come back beside the known ones."""
    project = project_named(request, slug)
    items = list(practice_items(visitor(request), project.pk))
    if not items:
        return redirect(reverse("label", query={"project": slug}))
    left = practice_left(visitor(request), project.pk).first() or items[0]
    named = request.GET.get("item", str(left.pk))
    number = next((n for n, row in enumerate(items) if str(row.pk) == named), 0)
    gold = items[number]
    context = {
        "project": project,
        "gold": gold,
        "pair": gold.rollout.pair,
        "number": number + 1,
        "total": len(items),
        "following": items[number + 1].pk if number + 1 < len(items) else None,
    }
    if request.method == "POST":
        return render(
            request, "labelling/practice_answers.html", context | _told(request, gold)
        )
    kinds = [int(kind) for kind in gold.answers]
    context |= {
        "cards": cards_of(gold.rollout.steps.all(), gold.rollout.pair.product, kinds, {}),
        "mark_options": mark_options(),
        "rules": rule_hints(project.rules, reason=True),
    }
    return render(request, "labelling/practice.html", context)


def _told(request: HttpRequest, gold: GoldItem) -> dict[str, object]:
    steps = gold.rollout.steps.all()
    answers = answers_of(request.POST, [int(kind) for kind in gold.answers])
    labels = labels_of(answers, {step.kind: step.value for step in steps})
    wrong = practice_answer(gold=gold, annotator=visitor(request), labels=labels)
    rows = answer_rows(gold.rollout, gold.answers, label_answers(labels))
    return {"wrong": wrong, "rows": [row for row in rows if row.known]}

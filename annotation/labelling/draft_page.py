"""What the label page asks for while somebody works: draft and heartbeat."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST
from django_htmx.http import reswap, retarget

from annotation.cot.errors import DraftConflict
from annotation.cot.step_names import NAMES
from annotation.cot.steps import StepKind
from annotation.labelling.cards import answer_words
from annotation.labelling.drafts import draft_keep
from annotation.labelling.forms import (
    answers_of,
    attribute_states,
    base_version_of,
    milliseconds_of,
)
from annotation.labelling.hints import attribute_hint
from annotation.labelling.queue import claim_heartbeat
from annotation.models import Assignment, Step
from annotation.people.guard import role_required, visitor
from annotation.people.roles import Role


@require_POST
@role_required(Role.ANNOTATOR)
def draft(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep what the form marks; a version that another window has passed gets 409 and both
    drafts beside each other, to choose from."""
    assignment = get_object_or_404(Assignment, pk=pk, annotator=visitor(request))
    if base_version_of(request.POST) is None:
        return HttpResponse("base_version is needed", status=400, content_type="text/plain")
    try:
        version = posted_draft_keep(request, assignment)
    except DraftConflict as error:
        rows = _rows(_posted(request), error.draft)
        context = {"assignment": assignment, "version": error.version, "rows": rows}
        answer = render(request, "labelling/_conflict.html", context, status=409)
        return reswap(retarget(answer, "#conflict"), "innerHTML")
    context = {"assignment": assignment, "version": version, "hint": _hint(request, pk)}
    return render(request, "labelling/_draft.html", context)


@require_POST
@role_required(Role.ANNOTATOR)
def heartbeat(request: HttpRequest, pk: int) -> HttpResponse:
    assignment = get_object_or_404(Assignment, pk=pk, annotator=visitor(request))
    claim_heartbeat(assignment=assignment, annotator=visitor(request))
    return HttpResponse(status=204)


def posted_draft_keep(request: HttpRequest, assignment: Assignment) -> int:
    """The new version of the draft that the form holds."""
    return draft_keep(
        assignment=assignment,
        annotator=visitor(request),
        base_version=base_version_of(request.POST) or 0,
        draft=_posted(request),
    )


def _hint(request: HttpRequest, pk: int) -> str:
    states = attribute_states(request.POST)
    if not any(states):
        return ""
    step = Step.objects.filter(rollout__items__assignments=pk, kind=StepKind.ATTRIBUTE)
    claim = step.values_list("value", flat=True).first() or ""
    return attribute_hint(states, chosen=request.POST.get("value-4", ""), claim=claim)


def _posted(request: HttpRequest) -> dict[str, Any]:
    """The marks; the time worked, which goes on counting after a reload; whether a hint was
    seen, once and for all; the window that says so."""
    return {
        **answers_of(request.POST, [int(kind) for kind in StepKind]),
        "active_ms": milliseconds_of(request.POST),
        "hint_shown": bool(request.POST.get("hint_shown")),
        "window": request.POST.get("window") or None,
    }


def _rows(here: dict[str, Any], there: dict[str, Any]) -> list[tuple[Any, ...]]:
    drafts = (here, there)
    return [
        (int(kind), NAMES[kind], *(answer_words(draft.get(str(int(kind)))) for draft in drafts))
        for kind in StepKind
        if any(str(int(kind)) in draft for draft in drafts)
    ]

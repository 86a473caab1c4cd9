"""What the label page's scripts call while somebody works: draft and heartbeat."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_POST

from annotation.cot.errors import DraftConflict
from annotation.labelling.forms import milliseconds_of
from annotation.labelling.queue import claim_heartbeat, draft_save
from annotation.models import Assignment
from annotation.people.guard import role_required, visitor
from annotation.people.language import refusal_words
from annotation.people.roles import Role


@require_POST
@role_required(Role.ANNOTATOR)
def draft(request: HttpRequest, pk: int) -> JsonResponse:
    """Save; a stale base version gets 409 with the version and draft that are stored."""
    assignment = get_object_or_404(Assignment, pk=pk, annotator=visitor(request))
    base, content = request.POST.get("base_version", ""), _object(request.POST.get("draft", ""))
    if not base.isdigit() or content is None:
        return JsonResponse({"error": "base_version and draft are needed"}, status=400)
    # The time worked so far goes on counting after a reload; a hint was seen once and for all.
    content["active_ms"] = milliseconds_of(request.POST)
    content["hint_shown"] = bool(request.POST.get("hint_shown"))
    try:
        version = draft_save(
            assignment=assignment,
            annotator=visitor(request),
            base_version=int(base),
            draft=content,
        )
    except DraftConflict as error:
        theirs = {"error": refusal_words(error), "version": error.version, "draft": error.draft}
        return JsonResponse(theirs, status=409)
    return JsonResponse({"version": version, "saved_at": timezone.now().isoformat()})


@require_POST
@role_required(Role.ANNOTATOR)
def heartbeat(request: HttpRequest, pk: int) -> JsonResponse:
    assignment = get_object_or_404(Assignment, pk=pk, annotator=visitor(request))
    expires = claim_heartbeat(assignment=assignment, annotator=visitor(request))
    return JsonResponse({"expires_at": expires.isoformat()})


def _object(raw: str) -> dict[str, Any] | None:
    try:
        value = json.loads(raw)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None

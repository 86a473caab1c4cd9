"""My last 20: what a person submitted, what became of it, and the way back into it."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from annotation.labelling.answers import decision_words
from annotation.labelling.project_switch import project_shown
from annotation.labelling.recent import MOST, recent_work
from annotation.labelling.skip_table import skip_reason
from annotation.models import QueueItem, Submission
from annotation.people.guard import role_required, visitor
from annotation.people.roles import Role

_STATES = {
    QueueItem.State.OPEN: _("waits for others"),
    QueueItem.State.LABELLED: _("complete, will be decided"),
    QueueItem.State.SPLIT: _("people differ, a lead decides"),
    QueueItem.State.RESOLVED: _("decided"),
    QueueItem.State.DROPPED: _("taken out of the queue"),
    QueueItem.State.GOLD: _("gold item"),
}


@require_GET
@never_cache
@role_required(Role.ANNOTATOR)
def recent(request: HttpRequest) -> HttpResponse:
    project = project_shown(request)
    rows = recent_work(visitor(request), project) if project else []
    context = {
        "project": project,
        "most": MOST,
        "undo_seconds": settings.UNDO_SECONDS,
        "rows": [
            {
                "work": row,
                "answers": [
                    (
                        label.kind,
                        decision_words(label.kind, label.verdict, label.value),
                        label.pk,
                    )
                    for label in row.labels
                ],
                "vote": _vote(row.submission),
                "state": _STATES[QueueItem.State(row.item.state)],
            }
            for row in rows
        ],
    }
    return render(request, "labelling/recent.html", context)


def _vote(submission: Submission) -> object:
    """In words that it could not be judged, where that was the answer."""
    how = submission.assignment.skip
    row = skip_reason(how)
    return row.label if row else how

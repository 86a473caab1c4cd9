"""The open rounds on everybody's start page: where each stands, and whose turn it is."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.views.decorators.cache import never_cache

from annotation.labelling.queue_select import claimable_counts
from annotation.models import Project
from annotation.people.guard import any_role_required, visitor
from annotation.people.roles import Role, roles_of
from training.rounds.circle_page import WaitView, wait_view
from training.rounds.select import rounds_newest_first
from training.rounds.standing import Whom, round_standing
from training.rounds.wording import NAMES

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class OpenRound:
    """``wait.button`` is what this person can do now."""

    project: Project
    number: int
    name: Promise
    wait: WaitView


@never_cache
@any_role_required(Role.ANNOTATOR, Role.LEAD, Role.ML_ENGINEER)
def waiting(request: HttpRequest) -> HttpResponse:
    """A part of the start page, which knows nothing of rounds."""
    user = visitor(request)
    roles = roles_of(user)
    context = {
        "rounds": rounds_open(user, roles),
        "may_turn": bool(roles & {Role.LEAD, Role.ML_ENGINEER}),
        # a lead's inbox below has the button that stands out
        "size": "small" if Role.LEAD in roles else "primary",
    }
    return render(request, "rounds/_waiting.html", context)


def rounds_open(user: User, roles: frozenset[Role]) -> list[OpenRound]:
    """Those that wait for this person first."""
    waits = claimable_counts(user)
    rows = []
    for row in rounds_newest_first().filter(ended_at=None):
        standing = round_standing(row)
        if standing.wait is None:
            continue
        # one who may not label here, or has labelled it all, can only wait as well
        idle = standing.wait.whom == Whom.ANNOTATORS and not waits.get(row.project_id)
        view = wait_view(standing.wait, standing, frozenset() if idle else roles)
        rows.append(OpenRound(row.project, row.number, NAMES[standing.state], view))
    return sorted(rows, key=lambda row: row.wait.button is None)[:_SHOWN]

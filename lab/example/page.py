"""The example on the start page: a button that makes it, and how far it is."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from annotation.people.guard import any_role_required
from annotation.people.roles import Role
from lab.example.example import (
    SLUG,
    ExampleState,
    example_offered,
    example_start,
    example_state,
)
from training.rounds.tasks import jobs_send


@never_cache
@any_role_required(Role.LEAD, Role.ML_ENGINEER)
def card(request: HttpRequest) -> HttpResponse:
    """A part of the start page, empty once there is nothing to say."""
    state = example_state()
    context = {
        "slug": SLUG,
        "offered": state == ExampleState.ABSENT and example_offered(),
        "working": state == ExampleState.WORKING,
    }
    return render(request, "example/_card.html", context)


@require_POST
@any_role_required(Role.LEAD, Role.ML_ENGINEER)
def start(request: HttpRequest) -> HttpResponse:
    with transaction.atomic():
        jobs_send(example_start())
    messages.info(request, _("The example is being made: its first round has begun."))
    return redirect("home")

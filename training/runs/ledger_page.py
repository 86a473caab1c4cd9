"""The rollouts of a run, update by update, for those who look after it."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from annotation.cot.step_names import NAMES
from annotation.cot.steps import StepKind
from annotation.people.guard import any_role_required
from annotation.people.roles import Role
from training.job.folder import LEDGER
from training.models import RewardGroup, TrainingRun
from training.runs.ledger_select import (
    GroupFilter,
    group_shown,
    groups_filtered,
    updates_of_pair,
)
from training.runs.ledger_send import rollout_send
from training.runs.snapshot import run_folder

PAGE = 10
REWARD_NAMES: dict[str, Promise] = {
    "right": gettext_lazy("right"),
    "wrong": gettext_lazy("wrong"),
    "masked": gettext_lazy("masked"),
}
ADVANTAGE_NAMES: dict[str, Promise] = {
    "up": gettext_lazy("above 0"),
    "down": gettext_lazy("below 0"),
    "zero": gettext_lazy("0"),
}
_readers = any_role_required(Role.ML_ENGINEER, Role.LEAD)


@never_cache
@_readers
def rollouts(request: HttpRequest, pk: int) -> HttpResponse:
    """Filters are the fields of ``GroupFilter``; ``after`` is where the last page ended."""
    run = _run(pk)
    wanted = GroupFilter.of(request.GET)
    after = request.GET.get("after", "")
    matches = groups_filtered(run, wanted)
    if after.isascii() and after.isdigit() and len(after) < 18:
        matches = matches.filter(text_offset__gt=int(after))
    rows = list(matches[: PAGE + 1])
    path = run_folder(run) / LEDGER
    context = {
        "run": run,
        "wanted": wanted,
        "groups": [group_shown(group, path) for group in rows[:PAGE]],
        "next": rows[PAGE - 1].text_offset if len(rows) > PAGE else None,
        "after": after,
        "missing": not path.exists(),
        "kinds": [(int(kind), NAMES[kind]) for kind in StepKind],
        "rewards": REWARD_NAMES.items(),
        "advantages": ADVANTAGE_NAMES.items(),
    }
    return render(request, "runs/rollouts.html", context)


@never_cache
@_readers
def pair_rollouts(request: HttpRequest, pk: int, pair: int) -> HttpResponse:
    """Two updates of one pair side by side: ``a`` and ``b``, the first and the last of them."""
    run = _run(pk)
    updates = updates_of_pair(run, pair)
    if not updates:
        raise Http404
    sides = [
        _chosen(request.GET.get(name, ""), updates, default)
        for name, default in (("a", updates[0]), ("b", updates[-1]))
    ]
    path = run_folder(run) / LEDGER
    shown = [
        [
            group_shown(group, path)
            for group in groups_filtered(run, GroupFilter(update=update, pair=pair))
        ]
        for update in sides
    ]
    context = {
        "run": run,
        "pair": shown[0][0].group.pair,
        "updates": updates,
        "sides": list(zip("ab", sides, shown, strict=True)),
        "missing": not path.exists(),
    }
    return render(request, "runs/pair_rollouts.html", context)


@require_POST
@_readers
def send(request: HttpRequest, pk: int, group: int) -> HttpResponse:
    """Put one rollout before the annotators; ``place`` counts from 0."""
    row = get_object_or_404(
        RewardGroup.objects.select_related("pair__project", "run__policy"), pk=group, run=pk
    )
    place = request.POST.get("place", "")
    sent = rollout_send(
        group=row, place=int(place) if place.isdecimal() and len(place) < 6 else -1
    )
    if sent.item is None:
        messages.info(request, _("Everything in this rollout is decided already."))
    else:
        messages.success(request, _("The rollout waits in the queue of the annotators."))
    back = request.POST.get("back", "")
    if url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
        return redirect(back)
    return redirect("run_rollouts", pk)


def _run(pk: int) -> TrainingRun:
    return get_object_or_404(TrainingRun.objects.select_related("project", "policy"), pk=pk)


def _chosen(text: str, updates: list[int], default: int) -> int:
    return next((update for update in updates if str(update) == text), default)

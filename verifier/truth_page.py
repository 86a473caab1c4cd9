"""What is taken for true, and a lead's way to take it back."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from annotation.cot.step_names import NAMES
from annotation.cot.steps import StepKind
from annotation.labelling.answers import answer_name
from annotation.labelling.project_switch import project_named
from annotation.models import QueueItem
from annotation.people.guard import any_role_required, role_required, visitor
from annotation.people.roles import Role
from verifier.affected import releases_holding, rollouts_affected, truths_listed
from verifier.models import GroundTruth
from verifier.services.withdrawal import truth_withdraw, withdrawn_reopen

_Source, _Reason = GroundTruth.Source, QueueItem.Reason
SOURCE_NAMES = {
    _Source.ADJUDICATED: gettext_lazy("a lead"),
    _Source.CONSENSUS: gettext_lazy("consensus"),
    _Source.GOLD: gettext_lazy("imported gold"),
    _Source.SILVER: gettext_lazy("derived from fields"),
}
REASONS = {
    _Reason.STALE: gettext_lazy("stale: people are told that it is back"),
    _Reason.AUDIT: gettext_lazy("audit: as one that is judged twice"),
}


@never_cache
@any_role_required(Role.LEAD, Role.ML_ENGINEER)
def truths(request: HttpRequest, slug: str) -> HttpResponse:
    """``?q=`` in query or title, ``?step=``, ``?show=withdrawn``."""
    project = project_named(request, slug)
    step = request.GET.get("step", "")
    kind = int(step) if step in {"1", "2", "3", "4", "5"} else None
    query, show = request.GET.get("q", "").strip(), request.GET.get("show", "")
    withdrawn = show == "withdrawn"
    rows = truths_listed(project, query=query, kind=kind, withdrawn=withdrawn)
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    context = {
        "project": project,
        "tab": "truth",
        "page": page,
        "rows": [_shown(truth) for truth in page],
        "q": query,
        "step": step,
        "withdrawn": withdrawn,
        "kinds": [(str(int(k)), NAMES[k]) for k in StepKind],
    }
    return render(request, "truth/truths.html", context)


@never_cache
@any_role_required(Role.LEAD, Role.ML_ENGINEER)
def truth(request: HttpRequest, pk: int) -> HttpResponse:
    row = _truth(pk)
    rollouts = rollouts_affected(row)
    page = Paginator(rollouts, 50).get_page(request.GET.get("page"))
    context = {
        "project": row.project,
        "tab": "truth",
        "truth": row,
        "shown": _shown(row),
        "page": page,
        "releases": releases_holding(row),
        "reasons": REASONS.items(),
    }
    return render(request, "truth/truth.html", context)


@require_POST
@role_required(Role.LEAD)
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    row = truth_withdraw(
        truth=_truth(pk), lead=visitor(request), reason=request.POST.get("reason", "")
    )
    messages.success(request, _("Withdrawn: the next release leaves it out."))
    return redirect("quality_truth", row.pk)


@require_POST
@role_required(Role.LEAD)
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    opened = withdrawn_reopen(
        truth=_truth(pk),
        lead=visitor(request),
        rollouts=[int(n) for n in request.POST.getlist("rollout") if n.isdigit()],
        reason=request.POST.get("reason", ""),
    ).opened
    told = ngettext(
        "%(n)s rollout is in the queue.", "%(n)s rollouts are in the queue.", opened
    )
    messages.success(request, told % {"n": opened})
    return redirect("quality_truth", pk)


def _truth(pk: int) -> GroundTruth:
    rows = GroundTruth.objects.select_related(
        "project", "pair__product", "resolution", "withdrawn_by"
    )
    return get_object_or_404(rows, pk=pk)


def _shown(row: GroundTruth) -> dict[str, object]:
    return {
        "row": row,
        "step": NAMES[StepKind(row.kind)],
        "value": answer_name(row.kind, row.value),
        "source": SOURCE_NAMES[_Source(row.source)],
    }

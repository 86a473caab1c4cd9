"""Where the reward model and people differ: a list that a lead works through by keys."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from annotation.errors import StepwiseError
from annotation.roles import Role
from annotation.steps import StepKind
from annotation.views.cards import NAMES, lines_of
from annotation.views.guard import role_required, visitor
from training.models import Disagreement
from training.selectors.disagreements import THRESHOLD, disagreements_matching
from training.services.disagreements import disagreement_decide

STATE_NAMES = {
    "open": _("open"),
    "requeued": _("requeued"),
    "human_right": _("people right"),
    "rm_right": _("model right"),
    "guideline_gap": _("guideline gap"),
}


@never_cache
@role_required(Role.LEAD)
def disagreements(request: HttpRequest) -> HttpResponse:
    """Filters: ``step`` (1-5), ``state`` (open by default, "all" for every one), ``q``."""
    step, text = request.GET.get("step", ""), request.GET.get("q", "").strip()
    state = request.GET.get("state", "open")
    found = disagreements_matching(
        kind=int(step) if step in {"1", "2", "3", "4", "5"} else None,
        state=state if state in STATE_NAMES else None,
        query=text,
    )
    page = Paginator(found, 50).get_page(request.GET.get("page"))
    context = {
        "rows": [_row(disagreement) for disagreement in page],
        "page": page,
        "step": step,
        "state": state,
        "q": text,
        "kinds": [(str(int(kind)), NAMES[kind]) for kind in StepKind],
        "states": STATE_NAMES.items(),
        "filtered": bool(step or text or state != "open"),
    }
    return render(request, "training/disagreements.html", context)


@require_POST
@role_required(Role.LEAD)
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Decide one row; scripts get the row back, with the reason when it was refused."""
    disagreement = get_object_or_404(Disagreement, pk=pk)
    error = ""
    try:
        disagreement_decide(
            disagreement=disagreement,
            lead=visitor(request),
            decision=request.POST.get("decision", ""),
        )
    except StepwiseError as refused:
        if request.headers.get("HX-Request") != "true":
            raise
        error = refused.message
    if request.headers.get("HX-Request") != "true":
        return redirect("disagreements")
    row = disagreements_matching().get(pk=pk)
    context = {"row": _row(row), "error": error}
    return render(request, "training/_disagreement_row.html", context)


def _row(disagreement: Disagreement) -> dict[str, object]:
    p = disagreement.score.p
    return {
        "d": disagreement,
        "kind": disagreement.step.kind,
        "name": NAMES[StepKind(disagreement.step.kind)],
        "lines": lines_of(disagreement.step.text),
        "percent": round(100 * disagreement.confidence),
        "rm_correct": p >= THRESHOLD,
        "human_correct": disagreement.resolution.verdict == "correct",
        "state_name": STATE_NAMES[disagreement.state],
        "open": disagreement.state == Disagreement.State.OPEN,
    }

"""Where the reward model and people differ: a workbench that leads work through by keys."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from annotation.cot.errors import StepwiseError
from annotation.cot.splits import SPLITS
from annotation.cot.step_names import NAMES
from annotation.cot.steps import StepKind
from annotation.labelling.cards import lines_of
from annotation.labelling.project_switch import project_named
from annotation.models import StepLabel
from annotation.people.guard import any_role_required, role_required, visitor
from annotation.people.language import refusal_words
from annotation.people.roles import Role
from annotation.quality.charts import line_chart
from training.disagreements.bulk import bulk_decision_create
from training.disagreements.disagreements import DECISIONS, REQUEUE, disagreement_decide
from training.disagreements.tasks import bulk_decide
from training.disagreements.workbench import (
    ALL,
    Confusion,
    DisagreementFilter,
    confusion_matrix,
    disagreement_trend,
    disagreements_filtered,
    query_types,
    recent_bulk_decisions,
    reward_models_scored,
)
from training.models import Checkpoint, Disagreement
from training.scoring.priority import THRESHOLD

_State, _Verdict = Disagreement.State, StepLabel.Verdict
STATE_NAMES: dict[str, Promise] = {
    _State.OPEN: gettext_lazy("open"),
    _State.REQUEUED: gettext_lazy("requeued"),
    _State.HUMAN_RIGHT: gettext_lazy("people right"),
    _State.RM_RIGHT: gettext_lazy("model right"),
    _State.GUIDELINE_GAP: gettext_lazy("guideline gap"),
    _State.WITHDRAWN: gettext_lazy("withdrawn"),
}
VERDICT_NAMES = {
    _Verdict.CORRECT: gettext_lazy("correct"),
    _Verdict.INCORRECT: gettext_lazy("incorrect"),
}
DECISION_NAMES = {REQUEUE: gettext_lazy("requeue"), **STATE_NAMES}
KEYS = dict(zip(DECISIONS, "rhmg", strict=True))
CHOICES = [(decision, KEYS[decision], DECISION_NAMES[decision]) for decision in DECISIONS]


@never_cache
@any_role_required(Role.LEAD, Role.ML_ENGINEER)
def disagreements(request: HttpRequest) -> HttpResponse:
    """Filters are the fields of ``DisagreementFilter``: open ones by default."""
    wanted = DisagreementFilter.of(request.GET)
    matches = disagreements_filtered(wanted)
    page = Paginator(matches, 50).get_page(request.GET.get("page"))
    context = {
        "rows": [_row(disagreement) for disagreement in page],
        "page": page,
        "wanted": wanted,
        "kinds": [(str(int(kind)), NAMES[kind]) for kind in StepKind],
        "states": STATE_NAMES.items(),
        "verdicts": VERDICT_NAMES.items(),
        "choices": CHOICES,
        "all": ALL,
        "types": query_types(),
        "splits": SPLITS,
        "project": project_named(request, wanted.project) if wanted.project else None,
        "bulk": matches.filter(state=_State.OPEN).count(),
        "decisions": [
            (row, DECISION_NAMES.get(row.decision, row.decision))
            for row in recent_bulk_decisions()
        ],
        **_overview(wanted),
    }
    return render(request, "disagreements/disagreements.html", context)


@require_POST
@role_required(Role.LEAD)
def bulk(request: HttpRequest) -> HttpResponse:
    """Decide all that matches; the form carries the filter and the number that was shown."""
    wanted = DisagreementFilter.of(request.POST)
    expected = request.POST.get("expected", "")
    made = bulk_decision_create(
        wanted=wanted,
        lead=visitor(request),
        decision=request.POST.get("decision", ""),
        expected=int(expected) if expected.isdigit() else None,
    )
    transaction.on_commit(lambda: bulk_decide.delay(made.pk))
    told = _("%(n)s disagreements are being decided.") % {"n": made.matched}
    messages.success(request, told)
    return redirect(reverse("disagreements", query=_query(wanted) or None))


def _overview(wanted: DisagreementFilter) -> dict[str, object]:
    """Confusion of the chosen reward model (the newest by default) and the trend over all."""
    models = reward_models_scored()
    chosen = next((rm for rm in models if str(rm.pk) == wanted.rm), None)
    shown: Checkpoint | None = chosen or next(iter(models), None)
    trend = disagreement_trend(wanted)
    points = [{"step": row.number, "rate": row.rate} for row in trend]
    matrix = confusion_matrix(wanted, shown) if shown else []
    return {
        "models": models,
        "shown": shown,
        "matrix": [
            {
                "counts": row,
                "name": NAMES[StepKind(row.kind)],
                "differing": [
                    _cell(wanted, row, human, shown)
                    for human in (_Verdict.INCORRECT, _Verdict.CORRECT)
                ],
            }
            for row in matrix
        ],
        "trend": trend,
        "chart": line_chart("rate", points) if len(points) > 1 else None,
    }


def _cell(
    wanted: DisagreementFilter, row: Confusion, human: str, rm: Checkpoint | None
) -> dict[str, object]:
    """Where the model says the opposite of ``human``: 1 to 5, with Shift where it is wrong."""
    kind, chosen = str(row.kind), wanted.step == str(row.kind) and wanted.human == human
    if human == _Verdict.INCORRECT:
        n, key, shown_key = row.rm_only, kind, kind
        spoken = _("Step %(kind)s, model correct, people incorrect: %(n)s")
    else:
        n, key, shown_key = row.human_only, f"shift-{kind}", f"⇧{kind}"
        spoken = _("Step %(kind)s, model incorrect, people correct: %(n)s")
    return {
        "n": n,
        "key": key,
        "shown_key": shown_key,
        "spoken": spoken % {"kind": kind, "n": n},
        "chosen": chosen,
        "href": _link(wanted, kind, human, rm, chosen=chosen),
    }


def _link(
    wanted: DisagreementFilter, step: str, human: str, rm: Checkpoint | None, *, chosen: bool
) -> str:
    """The list of one cell; choosing the cell again shows everything in the slice."""
    cell = {"step": step, "human": human, "rm": str(rm.pk) if rm else "", "state": ALL}
    query = _query(wanted)
    if chosen:
        query = {name: value for name, value in query.items() if name not in cell}
    else:
        query |= cell
    encoded = QueryDict(mutable=True)
    encoded.update(query)
    return "?" + encoded.urlencode()


def _query(wanted: DisagreementFilter) -> dict[str, str]:
    default = DisagreementFilter().stored()
    return {name: v for name, v in wanted.stored().items() if v != default[name]}


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
        error = refusal_words(refused)
    if request.headers.get("HX-Request") != "true":
        return redirect("disagreements")
    row = disagreements_filtered(DisagreementFilter(state=ALL)).get(pk=pk)
    context = {"row": _row(row), "choices": CHOICES, "error": error}
    return render(request, "disagreements/_row.html", context)


def _row(disagreement: Disagreement) -> dict[str, object]:
    p = disagreement.score.p
    return {
        "d": disagreement,
        "kind": disagreement.step.kind,
        "name": NAMES[StepKind(disagreement.step.kind)],
        "lines": lines_of(disagreement.step.text),
        "percent": round(100 * disagreement.confidence),
        "weight": disagreement.confidence * disagreement.impact,
        "rm_correct": p >= THRESHOLD,
        "human_correct": disagreement.resolution.verdict == _Verdict.CORRECT,
        "state_name": STATE_NAMES[disagreement.state],
        "open": disagreement.state == _State.OPEN,
    }

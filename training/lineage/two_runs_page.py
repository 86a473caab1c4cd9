"""Pages: choose a second run of the project, and the two side by side."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from annotation.cot.step_names import NAMES
from annotation.cot.steps import StepKind
from annotation.labelling.answers import answer_name
from annotation.people.guard import any_role_required, visitor
from annotation.people.language import in_words
from annotation.people.roles import Role
from training.lineage.truth_changes import TruthChange, TruthChanges, TruthSide
from training.lineage.two_runs import OtherTruth, SharedEvaluation, runs_compared
from training.models import TrainingRun
from training.runs.names import SOURCE_NAMES
from training.runs.run_page import runs_newest_first, state_chip

MOMENT_NAMES: dict[str, Promise] = {
    "before": gettext_lazy("Before"),
    "after": gettext_lazy("After"),
}
MOST_GROUPS = 20
_readers = any_role_required(Role.LEAD, Role.ML_ENGINEER)


@never_cache
@_readers
def choose(request: HttpRequest, a: int) -> HttpResponse:
    first = _run(a)
    rows = runs_newest_first().filter(project=first.project_id).exclude(pk=a)
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    context = {
        "first": first,
        "page": page,
        "rows": [(run, state_chip(run)) for run in page],
    }
    return render(request, "lineage/compare_choose.html", context)


@never_cache
@_readers
def compare(request: HttpRequest, a: int, b: int) -> HttpResponse:
    """``?rewards=1`` reads the ledgers, too."""
    two = runs_compared(
        _run(a), _run(b), reader=visitor(request), rewards="rewards" in request.GET
    )
    context = {
        "two": two,
        "runs": [(run, state_chip(run)) for run in (two.first, two.second)],
        "evaluations": [_evaluation(row) for row in two.evaluations],
        "refusal": in_words(two.refusal),
        "by_step": _by_step(two.truths) if two.truths else [],
        "truths": [_truth(row) for row in two.truths.rows] if two.truths else [],
        "rewards": [_rewards(row) for row in two.rewards or []],
    }
    return render(request, "lineage/compare.html", context)


def _run(pk: int) -> TrainingRun:
    return get_object_or_404(runs_newest_first(), pk=pk)


def _evaluation(row: SharedEvaluation) -> dict[str, object]:
    shared = row.shared
    return {
        "moment": MOMENT_NAMES[row.moment],
        "interval": shared and f"{shared.low:+.3f} – {shared.high:+.3f}",
        "difference": shared and f"{shared.difference:+.3f}",
        "row": row,
        "refusal": in_words(row.refusal),
    }


def _by_step(changes: TruthChanges) -> list[tuple[str | Promise, int]]:
    return [(NAMES[StepKind(kind)], n) for kind, n in changes.by_step.items()]


def _truth(row: TruthChange) -> dict[str, object]:
    return {
        "row": row,
        "step": NAMES[row.kind],
        "sides": [
            {**_side(row.kind, row.first), "label": gettext_lazy("First")},
            {**_side(row.kind, row.second), "label": gettext_lazy("Second")},
        ],
    }


def _side(kind: StepKind, side: TruthSide | None) -> dict[str, object]:
    if side is None:
        return {"side": None}
    return {
        "side": side,
        "value": answer_name(kind, side.value),
        "source": SOURCE_NAMES.get(side.source, side.source),
    }


def _rewards(row: OtherTruth) -> dict[str, object]:
    report = row.report
    return {
        "row": row,
        "refusal": in_words(row.refusal),
        "by_step": [
            (NAMES[StepKind(int(kind))], n)
            for kind, n in (report.flips_by_step.items() if report else ())
        ],
        "groups": report.changed[:MOST_GROUPS] if report else [],
        "more": max(0, len(report.changed) - MOST_GROUPS) if report else 0,
    }

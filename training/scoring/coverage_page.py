"""Coverage: what each step of each policy is judged by; the table also as CSV."""

from __future__ import annotations

from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from annotation.cot.step_names import NAMES
from annotation.cot.steps import StepKind
from annotation.labelling.project_switch import project_named
from annotation.people.download import csv_response, wants_csv
from annotation.people.guard import any_role_required
from annotation.people.roles import Role
from training.scoring.coverage import StepCoverage, coverage
from training.scoring.select import current_rm

COLUMNS = ("policy", "kind", "rollouts", "people", "reuse", "implied", "rm_only", "uncovered")


@never_cache
@any_role_required(Role.LEAD, Role.ML_ENGINEER)
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """``?csv=coverage``"""
    project = project_named(request, slug)
    rows = coverage(project)
    if wants_csv(request) == "coverage":
        table = [[getattr(row, name) for name in COLUMNS] for row in rows]
        return csv_response("coverage", list(COLUMNS), table)
    context = {
        "project": project,
        "tab": "coverage",
        "rm": current_rm(project),
        "policies": [
            (policy, [(row, NAMES[StepKind(row.kind)], _shares(row)) for row in steps])
            for policy, steps in groupby(rows, key=lambda row: row.policy)
        ],
    }
    return render(request, "coverage/coverage.html", context)


def _shares(row: StepCoverage) -> list[tuple[int, float]]:
    """(rollouts, percent) of people, reuse, the rules, the model alone and nothing."""
    counts = (row.people, row.reuse, row.implied, row.rm_only, row.uncovered)
    return [(n, 100 * n / row.rollouts) for n in counts]

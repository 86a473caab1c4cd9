"""Progress of a project: items, agreement by step, who did how much."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from annotation.cot.step_names import NAMES
from annotation.cot.steps import StepKind
from annotation.labelling.project_switch import project_shown
from annotation.models import Project
from annotation.people.guard import any_role_required, visitor
from annotation.people.roles import Role, roles_of
from annotation.quality.agreement import agreement_table
from annotation.quality.progress import item_counts, label_count, served_counts, throughput


@any_role_required(Role.ANNOTATOR, Role.ML_ENGINEER)
def progress(request: HttpRequest) -> HttpResponse:
    """Annotators see their own numbers; leads and engineers everybody's."""
    chosen = project_shown(request)
    context: dict[str, object] = {"project": chosen}
    if chosen is not None:
        context |= _numbers(request, chosen)
    return render(request, "quality/progress.html", context)


def _numbers(request: HttpRequest, project: Project) -> dict[str, object]:
    user = visitor(request)
    all_people = bool(roles_of(user) & {Role.LEAD, Role.ML_ENGINEER})
    people = throughput(project)
    if not all_people:
        people = [row for row in people if row["username"] == user.get_username()]
    for row in people:
        row["minutes"] = row["active_ms"] / 60_000
        row["seconds"] = row["ms_per_item"] / 1000 if row["ms_per_item"] else None
    items = item_counts(project)
    rows = [row | {"name": NAMES[StepKind(row["kind"])]} for row in agreement_table(project)]
    return {
        "items": items,
        "total": sum(items.values()),
        "labels": label_count(project),
        "served": served_counts(project, None if all_people else user),
        "people": people,
        "table": rows,
        "all_people": all_people,
    }

"""Pages: what came of a label or a step, and what an update rests on."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from annotation.cot.step_names import NAMES
from annotation.cot.steps import StepKind
from annotation.people.guard import any_role_required, visitor
from annotation.people.roles import Role
from training.lineage.access import groups_read, labels_read, may_see, steps_read
from training.lineage.drawing import draw
from training.lineage.graph import Lineage
from training.lineage.select import label_lineage, step_lineage, update_lineage

_HEADS: dict[str, Promise] = {
    "person": gettext_lazy("people"),
    "label": gettext_lazy("labels"),
    "resolution": gettext_lazy("decisions"),
    "release": gettext_lazy("releases"),
    "run": gettext_lazy("runs"),
    "update": gettext_lazy("updates"),
}


@never_cache
@any_role_required(Role.ANNOTATOR, Role.ML_ENGINEER)
def label(request: HttpRequest, pk: int) -> HttpResponse:
    person = visitor(request)
    row = get_object_or_404(labels_read(), pk=pk)
    may_see(person, row)
    title = _("What came of label %(n)s (%(step)s)") % {
        "n": pk,
        "step": NAMES[StepKind(row.kind)],
    }
    return _page(request, title, label_lineage(row, person))


@never_cache
@any_role_required(Role.LEAD, Role.ML_ENGINEER)
def step(request: HttpRequest, pk: int) -> HttpResponse:
    person = visitor(request)
    row = get_object_or_404(steps_read(), pk=pk)
    title = _("What people said of step %(n)s (%(step)s), and what came of it")
    words = {"n": pk, "step": NAMES[StepKind(row.kind)]}
    return _page(request, title % words, step_lineage(row, person))


@never_cache
@any_role_required(Role.LEAD, Role.ML_ENGINEER)
def update(request: HttpRequest, run: int, update: int, pair: int) -> HttpResponse:
    person = visitor(request)
    row = get_object_or_404(groups_read(run, update, pair)[:1])
    title = _("What the rewards of update %(n)s of run %(run)s rest on")
    return _page(request, title % {"n": update, "run": run}, update_lineage(row, person))


def _page(request: HttpRequest, title: str, lineage: Lineage) -> HttpResponse:
    columns = [(_HEADS[kind], nodes) for kind, nodes in lineage.columns()]
    drawing = draw(lineage)
    context = {
        "title": title,
        "lineage": lineage,
        "came": bool(lineage.column("resolution")),
        "columns": columns,
        "drawing": drawing,
        "heads": [(_HEADS[kind], x, more) for kind, x, more in drawing.heads],
    }
    return render(request, "lineage/lineage.html", context)

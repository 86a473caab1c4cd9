"""Flags: raised on the label page, listed and settled by leads."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import retarget

from annotation.cot.step_names import NAMES
from annotation.cot.steps import StepKind
from annotation.labelling.flags import flag_raise, flag_settle
from annotation.labelling.flags_select import flags_by, open_flags
from annotation.labelling.project_switch import project_asked_for
from annotation.models import Assignment, Flag
from annotation.people.guard import role_required, visitor, wants_part
from annotation.people.roles import Role, has_role

PAGE = 100


@require_POST
@role_required(Role.ANNOTATOR)
def flag(request: HttpRequest, pk: int) -> HttpResponseBase:
    """htmx gets the mark for the head of the step, a plain form the label page."""
    user = visitor(request)
    assignment = get_object_or_404(
        Assignment.objects.select_related("item__project"), pk=pk, annotator=user
    )
    kind = request.POST.get("kind", "")
    raised = flag_raise(
        item=assignment.item,
        person=user,
        reason=request.POST.get("reason", ""),
        kind=int(kind) if kind in {"1", "2", "3", "4", "5"} else None,
    )
    if wants_part(request):
        answer = render(request, "labelling/_flagged.html")
        return retarget(answer, f"#flagged-{raised.kind or 0}")
    messages.success(request, _("Flagged for the leads."))
    return redirect(reverse("label", query={"project": assignment.item.project.slug}))


@require_GET
@never_cache
@role_required(Role.ANNOTATOR)
def flags(request: HttpRequest) -> HttpResponse:
    """Leads see what is open, of ``?project=`` or of all, and everybody what they flagged."""
    user, project = visitor(request), project_asked_for(request)
    waiting = list(open_flags(project)[: PAGE + 1]) if has_role(user, Role.LEAD) else []
    context = {
        "project": project,
        "waiting": _named(waiting[:PAGE]),
        "more": len(waiting) > PAGE,
        "mine": _named(list(flags_by(user)[:PAGE])),
    }
    return render(request, "labelling/flags.html", context)


@require_POST
@role_required(Role.LEAD)
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    settled = get_object_or_404(Flag, pk=pk)
    flag_settle(flag=settled, lead=visitor(request), answer=request.POST.get("answer", ""))
    messages.success(request, _("Flag %(number)s is settled.") % {"number": settled.pk})
    return redirect("flags")


def _named(flags: list[Flag]) -> list[tuple[Flag, object]]:
    return [(flag, NAMES[StepKind(flag.kind)] if flag.kind else "") for flag in flags]

"""The guideline's versions, its editor, and the labels that a change made stale."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from annotation.cot.errors import Invalid
from annotation.cot.rules import parse_rules, rules_edited
from annotation.cot.step_names import NAMES, VALUE_NAMES
from annotation.cot.steps import VALUES, StepKind
from annotation.labelling.project_switch import project_named
from annotation.models import GuidelineVersion, Project
from annotation.people.guard import any_role_required, role_required, visitor
from annotation.people.language import refusal_words
from annotation.people.markdown import markdown_html
from annotation.people.roles import Role
from annotation.quality.guidelines import guideline_save, stale_reopen
from annotation.quality.guidelines_select import guideline_versions, rules_grid
from annotation.quality.relabel import stale_report
from annotation.quality.stale_select import stale_rollouts

_MATCHES = VALUES[StepKind.ATTRIBUTE]


@any_role_required(Role.ANNOTATOR, Role.ML_ENGINEER)
def guideline(request: HttpRequest, slug: str) -> HttpResponse:
    """One version (``?version=``, the newest by default) and the list of all."""
    project = project_named(request, slug)
    versions = guideline_versions(project)
    number = request.GET.get("version", "")
    numbers = [str(version.number) for version in versions]
    if number and number not in numbers:
        raise Http404
    index = numbers.index(number) if number else 0
    chosen = versions[index]
    before = versions[index + 1] if index + 1 < len(versions) else None
    context = _frame(project, versions, chosen) | {
        "html": markdown_html(chosen.text),
        "grid": rules_grid(chosen, before),
    }
    return render(request, "quality/guideline.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@role_required(Role.LEAD)
def guideline_edit(request: HttpRequest, slug: str) -> HttpResponse:
    """The same page with text and rules table open for editing."""
    project = project_named(request, slug)
    tiers = dict(parse_rules(project.rules).tiers)
    if request.method != "POST":
        return _editor(request, project, {"text": project.guideline}, tiers)
    post = request.POST
    base = post.get("base", "")
    tiers = {cell: post.get(_field(*cell), "") for cell in tiers}
    changed = [int(kind) for kind in post.getlist("changed") if kind in set("12345")]
    try:
        version = guideline_save(
            project=project,
            author=visitor(request),
            text=post.get("text", ""),
            rules=rules_edited(project.rules, tiers),
            changed_kinds=changed,
            note=post.get("note", ""),
            base=int(base) if base.isdigit() else None,
        )
    except Invalid as error:
        values = {
            "text": post.get("text", ""),
            "note": post.get("note", ""),
            "changed": changed,
        }
        return _editor(request, project, values, tiers, refusal_words(error), status=422)
    messages.success(request, _("Version %(n)s is in force.") % {"n": version.number})
    stale = len(stale_rollouts(project))
    return redirect("quality_stale" if stale else "quality_guideline", slug)


@never_cache
@require_http_methods(["GET", "POST"])
@role_required(Role.LEAD)
def stale(request: HttpRequest, slug: str) -> HttpResponse:
    project = project_named(request, slug)
    if request.method == "POST":
        only = request.POST.get("which") != "all"
        sent = stale_reopen(project=project, lead=visitor(request), contradicting_only=only)
        told = ngettext("%(n)s item is asked again.", "%(n)s items are asked again.", sent)
        messages.success(request, told % {"n": sent})
        return redirect("quality_stale", slug)
    report = stale_report(project)
    context = {
        "project": project,
        "tab": "stale",
        "page": Paginator(report.rows, 50).get_page(request.GET.get("page")),
        "total": len(report.rows),
        "contradicting": report.contradicting,
        "items": len(report.plan),
        "hours": report.hours,
    }
    return render(request, "quality/stale.html", context)


def _editor(
    request: HttpRequest,
    project: Project,
    values: dict[str, Any],
    tiers: dict[tuple[str, str], str],
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    versions = guideline_versions(project)
    context = _frame(project, versions, versions[0]) | {
        "editing": True,
        "values": values,
        "error": error,
        "kinds": [(int(kind), NAMES[kind]) for kind in StepKind],
        "tiers": VALUES[StepKind.FINAL],
        "rules_form": [
            (
                VALUE_NAMES[category],
                [_cell(category, attribute, tiers) for attribute in _MATCHES],
            )
            for category in VALUES[StepKind.CATEGORY]
        ],
    }
    return render(request, "quality/guideline.html", context, status=status)


def _frame(
    project: Project, versions: list[GuidelineVersion], chosen: GuidelineVersion
) -> dict[str, Any]:
    return {
        "project": project,
        "tab": "guideline",
        "versions": versions,
        "chosen": chosen,
        "attributes": [VALUE_NAMES[value] for value in _MATCHES],
    }


def _field(category: str, attribute: str) -> str:
    return f"tier-{category}-{attribute}"


def _cell(category: str, attribute: str, tiers: dict[tuple[str, str], str]) -> dict[str, Any]:
    tier = tiers[category, attribute]
    return {
        "name": _field(category, attribute),
        "attribute": VALUE_NAMES[attribute],
        "tier": tier,
        "wrong": tier not in VALUES[StepKind.FINAL],
    }

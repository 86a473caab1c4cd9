"""The project switcher of every page that shows one project."""

from __future__ import annotations

from typing import Any

from django import template
from django.http import HttpRequest
from django.template.context import RequestContext
from django.urls import reverse

from annotation.models import Project

register = template.Library()
_LISTS = {"adjudicate": "adjudication"}  # page of one item -> that of many


@register.inclusion_tag("_projects.html", takes_context=True)
def project_switch(
    context: RequestContext, shown: Project | None, every: bool = False
) -> dict[str, Any]:
    """Links to this page in every other project; ``every``: and to that of all projects."""
    request: HttpRequest = context["request"]
    projects = Project.objects.order_by("name", "pk")
    return {
        "shown": shown,
        "every": _address(request, "") if every else "",
        "choices": [(project, _address(request, project.slug)) for project in projects],
    }


def _address(request: HttpRequest, slug: str) -> str:
    """The page of one item belongs to its project: from there the way is to the list of items,
    or to the dashboard."""
    match = request.resolver_match
    if match is None or (match.kwargs and "slug" not in match.kwargs):
        return reverse(
            _LISTS.get(match.view_name if match else "", "quality"), query={"project": slug}
        )
    if match.kwargs:
        return reverse(match.view_name, kwargs=match.kwargs | {"slug": slug})
    query = request.GET.copy()
    query["project"] = slug
    query.pop("page", None)
    return f"{request.path}?{query.urlencode()}"

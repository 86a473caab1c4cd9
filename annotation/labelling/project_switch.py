"""Which project a page shows: the one its address names, else the one shown before."""

from __future__ import annotations

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from annotation.labelling.place import last_project
from annotation.models import Project
from annotation.people.guard import visitor

KEY = "project"  # of the session and of addresses


def project_named(request: HttpRequest, slug: str) -> Project:
    """The project that the address names; the pages that name none show it from now on."""
    project = get_object_or_404(Project, slug=slug)
    if request.session.get(KEY) != slug:
        request.session[KEY] = slug
    return project


def project_asked_for(request: HttpRequest) -> Project | None:
    """That of ``?project=``; None for a list of every project's."""
    slug = request.GET.get(KEY, "")
    return project_named(request, slug) if slug else None


def project_shown(request: HttpRequest) -> Project | None:
    """``?project=``, else the one shown before, the one worked in last, or the newest."""
    if slug := request.GET.get(KEY, ""):
        return project_named(request, slug)
    before = Project.objects.filter(slug=request.session.get(KEY, "")).first()
    return before or last_project(visitor(request)) or Project.objects.order_by("-pk").first()

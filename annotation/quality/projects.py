"""Projects and their guideline."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction

from annotation.cot.errors import Conflict, Invalid
from annotation.cot.rules import DEFAULT_RULES, RulesError, parse_rules
from annotation.cot.steps import LAYOUTS
from annotation.cot.wording import listing
from annotation.cot.wording import wording as _
from annotation.models import Project
from annotation.quality.guidelines import guideline_current, guideline_save


@transaction.atomic
def project_create(
    *,
    slug: str,
    name: str = "",
    layout: str = "answer_last",
    overlap: int = 2,
    max_overlap: int | None = None,
    rules: str = DEFAULT_RULES,
    guideline: str = "",
) -> Project:
    """Create a project; ``max_overlap`` defaults to one more than ``overlap``, at least 3.

    Raises:
        Invalid: a bad layout, overlap or rules table.
        Conflict: the slug is taken.
    """
    highest = max(overlap + 1, 3) if max_overlap is None else max_overlap
    if layout not in LAYOUTS:
        raise Invalid(_("layout must be one of %(those)s", those=listing(LAYOUTS)))
    if not 1 <= overlap <= highest:
        raise Invalid(_("overlap must be at least 1 and at most max_overlap"))
    try:
        parse_rules(rules)
    except RulesError as error:
        raise Invalid(_("rules: %(error)s", error=str(error))) from error
    project, created = Project.objects.get_or_create(
        slug=slug,
        defaults={
            "name": name or slug,
            "layout": layout,
            "overlap": overlap,
            "max_overlap": highest,
            "rules": rules,
            "guideline": guideline,
        },
    )
    if not created:
        raise Conflict(_("there is already a project '%(slug)s'", slug=slug))
    guideline_current(project=project)
    return project


@transaction.atomic
def project_save(*, project: Project, author: User | None = None) -> Project:
    """Store an edited project; a changed guideline or rules table gets the next version.

    Raises:
        Invalid: a bad rules table or overlap.
    """
    try:
        parse_rules(project.rules)
    except RulesError as error:
        raise Invalid(_("rules: %(error)s", error=str(error))) from error
    if not 1 <= project.overlap <= project.max_overlap:
        raise Invalid(_("overlap must be at least 1 and at most max_overlap"))
    stored = Project.objects.select_for_update(no_key=True).filter(pk=project.pk).first()
    if stored is not None:
        version = guideline_save(
            project=stored, author=author, text=project.guideline, rules=project.rules
        )
        project.guideline, project.rules = stored.guideline, stored.rules
        project.guideline_version = version.number
    project.save()
    guideline_current(project=project)
    return project

"""All settings of a project at one door."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from annotation.cot.errors import Denied, Invalid
from annotation.cot.wording import wording as _
from annotation.labelling.gold_settings import CHOICES, LIMITS, quality_settings_save
from annotation.labelling.pools import pool_check
from annotation.models import Project
from annotation.people.roles import Role, has_role
from annotation.quality.projects import project_save

# beside the pool, and those that gold_settings checks
PLAIN = ("name", "layout", "overlap", "max_overlap", "first_error_only")
_GOLD = (*LIMITS, *CHOICES, "reuse")


@transaction.atomic
def project_settings_save(
    *, project: Project, lead: User, changes: Mapping[str, Any]
) -> Project:
    """Store ``changes`` by the names of the settings; ``pool`` is a list of people.

    Raises:
        Denied: not a lead.
        Invalid: an unknown setting, a value out of its limits, or a pool smaller than the
            overlap.
    """
    if not has_role(lead, Role.LEAD):
        raise Denied(_("only a lead may change these settings"))
    if unknown := set(changes) - {"pool", *PLAIN, *_GOLD}:
        raise Invalid(_("there is no setting %(name)s", name=min(unknown)))
    project = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    pool = changes.get("pool", list(project.pool.all()))
    pool_check(overlap=changes.get("overlap", project.overlap), people=pool)
    if set(changes) & set(_GOLD):
        quality_settings_save(
            project=project,
            lead=lead,
            numbers={name: changes[name] for name in LIMITS if name in changes},
            choices={name: changes[name] for name in CHOICES if name in changes},
            reuse=changes.get("reuse"),
        )
    for name in set(changes) & set(PLAIN):
        setattr(project, name, changes[name])
    project_save(project=project, author=lead)
    project.pool.set(pool)
    return project

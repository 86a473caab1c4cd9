"""A project's quality settings."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib.auth.models import User
from django.db import transaction

from annotation.cot.errors import Denied, Invalid
from annotation.cot.wording import listing
from annotation.cot.wording import wording as _
from annotation.models import Project
from annotation.people.roles import Role, has_role

# field -> (lowest, highest)
LIMITS: dict[str, tuple[int, int]] = {
    "gold_percent": (0, 50),
    "gold_onboarding": (0, 100),
    "gold_tries": (1, 10),
    "pause_below": (0, 100),
    "pause_window": (1, 200),
    "review_percent": (0, 100),
    "reuse_audit_percent": (0, 100),
    "explore_percent": (0, 100),
}
# field -> its values, as the model names them
CHOICES: dict[str, tuple[str, ...]] = {
    "consensus": tuple(Project.Consensus.values),
    "order": tuple(Project.Order.values),
    "autopilot": tuple(Project.Autopilot.values),
}


@transaction.atomic
def quality_settings_save(
    *,
    project: Project,
    lead: User,
    numbers: Mapping[str, int],
    choices: Mapping[str, str] | None = None,
    reuse: bool | None = None,
) -> Project:
    """Store gold rate, pause rule, review and audit shares, reuse, how labels are merged, the
    order of the queue, and how far a round goes by itself. What is not named stays.

    Raises:
        Denied: not a lead.
        Invalid: an unknown setting or choice, or a number out of its limits.
    """
    if not has_role(lead, Role.LEAD):
        raise Denied(_("only a lead may change these settings"))
    chosen = choices or {}
    if unknown := (set(numbers) - set(LIMITS)) | (set(chosen) - set(CHOICES)):
        raise Invalid(_("there is no setting %(name)s", name=min(unknown)))
    for name, value in numbers.items():
        low, high = LIMITS[name]
        if not low <= value <= high:
            raise Invalid(
                _(
                    "%(name)s must be between %(low)s and %(high)s",
                    name=name,
                    low=low,
                    high=high,
                )
            )
        setattr(project, name, value)
    for name, choice in chosen.items():
        if choice not in CHOICES[name]:
            those = listing(CHOICES[name])
            raise Invalid(_("%(name)s must be one of %(those)s", name=name, those=those))
        setattr(project, name, choice)
    project.reuse = project.reuse if reuse is None else reuse
    project.save(update_fields=[*numbers, *chosen, "reuse"])
    return project

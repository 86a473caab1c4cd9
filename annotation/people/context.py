"""What every page's frame needs: the visitor's roles, for the navigation."""

from __future__ import annotations

from django.http import HttpRequest

from annotation.people.roles import Role, roles_of


def frame(request: HttpRequest) -> dict[str, object]:
    """``may_label``, ``may_lead``, ``may_train``, ``may_admin`` (booleans)."""
    user = getattr(request, "user", None)
    roles = roles_of(user) if user is not None else frozenset()
    return {
        "may_label": Role.ANNOTATOR in roles,
        "may_lead": Role.LEAD in roles,
        "may_train": Role.ML_ENGINEER in roles,
        "may_admin": bool(roles - {Role.ANNOTATOR}),
    }

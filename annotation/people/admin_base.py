"""Who may see and change what in the admin: roles, not Django's permissions a model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest

from annotation.people.roles import Role, has_role


class NamedValues(admin.AllValuesFieldListFilter):
    """A filter by the values that occur, in which the empty one has a name too."""

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        for choice in super().choices(changelist):
            yield choice | {"display": choice["display"] or "–"}


class RoleAdmin(admin.ModelAdmin[Any]):
    """Roles instead of Django's permissions a model. Rows are history: ``viewers`` may look,
    only ``editors`` add or change by hand, and nobody deletes."""

    viewers: tuple[Role, ...] = (Role.LEAD, Role.ML_ENGINEER)
    editors: tuple[Role, ...] = ()
    show_full_result_count = False
    list_per_page = 50

    def may_look(self, request: HttpRequest) -> bool:
        return self._is(request, self.viewers)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.may_look(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_look(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._is(request, self.editors)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is(request, self.editors)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def _is(self, request: HttpRequest, roles: tuple[Role, ...]) -> bool:
        return any(has_role(request.user, role) for role in roles)

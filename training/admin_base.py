"""Who may see and do what in the training admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from annotation.people.roles import Role, has_role

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin  # generic in the type stubs only


class RoleAdmin(_ModelAdmin):
    """Roles instead of Django's permissions a model. Rows are history: nothing is deleted, and
    only what ``editable`` says is added or changed by hand."""

    roles: tuple[Role, ...] = (Role.ML_ENGINEER,)
    editable = False

    def allowed(self, request: HttpRequest) -> bool:
        return any(has_role(request.user, role) for role in self.roles)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.allowed(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allowed(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.editable and self.allowed(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.editable and self.allowed(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from annotation.people.admin_base import RoleAdmin
from annotation.people.roles import Role
from training.models import LaunchThresholds


@admin.register(LaunchThresholds)
class LaunchThresholdsAdmin(RoleAdmin):
    """Leads set what a launch must meet; a project without a row has the defaults."""

    editors = (Role.LEAD,)
    list_display = (
        "project", "alpha", "gold_accuracy", "human_coverage", "stale_share", "rm_gated",
        "varied_pairs",
    )  # fmt: skip
    list_select_related = ("project",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("project",) if obj else ()

"""What people said and what was decided: append-only, so read-only here."""

from __future__ import annotations

from django.contrib import admin

from annotation.models import Resolution, StepLabel, Submission
from annotation.people.admin_base import NamedValues, RoleAdmin


@admin.register(Submission)
class SubmissionAdmin(RoleAdmin):
    list_display = ("id", "assignment", "created_at", "undone_at")
    list_select_related = ("assignment",)


@admin.register(StepLabel)
class StepLabelAdmin(RoleAdmin):
    list_display = ("id", "item", "kind", "verdict", "value", "annotator", "created_at")
    list_select_related = ("item", "annotator")
    list_filter = ("item__project", "kind", "verdict")
    search_fields = ("=item__id", "annotator__username", "comment")


@admin.register(Resolution)
class ResolutionAdmin(RoleAdmin):
    list_display = ("id", "item", "kind", "verdict", "value", "source", "n", "agreement")
    list_select_related = ("item",)
    list_filter = ("item__project", "kind", "source", ("cause", NamedValues))
    search_fields = ("=item__id", "=pair__id")

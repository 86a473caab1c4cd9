from __future__ import annotations

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest

from annotation.admin.base import ReadOnlyAdmin
from annotation.errors import StepwiseError
from annotation.models import Assignment, QueueItem
from annotation.services.resolution import item_reopen


@admin.register(QueueItem)
class QueueItemAdmin(ReadOnlyAdmin):
    list_display = ("id", "rollout", "reason", "state", "priority", "overlap", "opened_at")
    list_select_related = ("rollout",)
    list_filter = ("project", "state", "reason")
    search_fields = ("=id", "rollout__pair__query")
    actions = ("reopen",)

    @admin.action(description="Reopen closed items (leads)")
    def reopen(self, request: HttpRequest, queryset: QuerySet[QueueItem]) -> None:
        assert isinstance(request.user, User)
        for item in queryset:
            try:
                item_reopen(item=item, lead=request.user, reason="in the admin")
            except StepwiseError as error:
                messages.error(request, f"item {item.pk}: {error.message}")


@admin.register(Assignment)
class AssignmentAdmin(ReadOnlyAdmin):
    list_display = ("id", "item", "annotator", "slot", "state", "claimed_at", "expires_at")
    list_select_related = ("item", "annotator")
    list_filter = ("state", "item__project")
    search_fields = ("=item__id", "annotator__username")

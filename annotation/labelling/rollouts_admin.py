from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from annotation.labelling.opening import Wanted, rollouts_open
from annotation.models import QueueItem, Rollout, Step
from annotation.people.admin_base import NamedValues, RoleAdmin


class StepInline(admin.TabularInline[Step, Rollout]):
    model = Step
    fields = ("kind", "value", "text")
    readonly_fields = fields
    extra = 0
    can_delete = False


@admin.register(Rollout)
class RolloutAdmin(RoleAdmin):
    list_display = ("id", "pair", "policy", "seed", "sample_index", "parse_error", "finish")
    list_select_related = ("pair",)
    list_filter = (("parse_error", NamedValues), "policy", "layout")
    search_fields = ("=id", "pair__query")
    inlines = (StepInline,)
    actions = ("open_for_audit",)

    @admin.action(description="Put into the queue as an audit")
    def open_for_audit(self, request: HttpRequest, queryset: QuerySet[Rollout]) -> None:
        rollouts = queryset.select_related("pair__project")
        opened = rollouts_open(
            rollouts=list(rollouts), wanted=Wanted(reason=QueueItem.Reason.AUDIT)
        )
        messages.success(request, f"{len(opened.items)} rollouts are in the queue")

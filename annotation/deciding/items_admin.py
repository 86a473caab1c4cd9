from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest

from annotation.cot.errors import StepwiseError
from annotation.deciding.resolution import item_reopen
from annotation.labelling.pools import item_reserve
from annotation.models import Assignment, QueueItem
from annotation.people.admin_base import NamedValues, RoleAdmin
from annotation.people.roles import Role, people_with


class ItemActionForm(ActionForm):
    people = forms.ModelMultipleChoiceField(
        queryset=people_with(Role.ANNOTATOR), required=False, label="for"
    )


@admin.register(QueueItem)
class QueueItemAdmin(RoleAdmin):
    list_display = (
        "id", "rollout", "reason", "state", "priority", "overlap", "kept_for", "opened_at",
    )  # fmt: skip
    list_select_related = ("rollout",)
    list_filter = ("project", "state", "reason", ("selection", NamedValues))
    search_fields = ("=id", "rollout__pair__query")
    action_form = ItemActionForm
    actions = ("reopen", "reserve")

    def get_queryset(self, request: HttpRequest) -> QuerySet[QueueItem]:
        return super().get_queryset(request).prefetch_related("reserved_for")

    @admin.display(description="reserved for")
    def kept_for(self, item: QueueItem) -> str:
        return ", ".join(person.username for person in item.reserved_for.all())

    @admin.action(description="Reopen closed items (leads)")
    def reopen(self, request: HttpRequest, queryset: QuerySet[QueueItem]) -> None:
        _each(request, queryset, partial(item_reopen, reason="in the admin"))

    @admin.action(description="Reserve for the people named (leads); nobody: the pool")
    def reserve(self, request: HttpRequest, queryset: QuerySet[QueueItem]) -> None:
        people = list(User.objects.filter(pk__in=request.POST.getlist("people")))
        kept = _each(request, queryset, partial(item_reserve, people=people))
        names = ", ".join(person.username for person in people) or "whoever labels there"
        if kept:
            messages.success(request, f"items now for {names}: {kept}")


def _each(
    request: HttpRequest, items: Iterable[QueueItem], act: Callable[..., QueueItem]
) -> int:
    """Act on each as the lead who asks; returns how many could be and says which could not."""
    done = 0
    for item in items:
        try:
            act(item=item, lead=request.user)
            done += 1
        except StepwiseError as error:
            messages.error(request, f"item {item.pk}: {error.message}")
    return done


@admin.register(Assignment)
class AssignmentAdmin(RoleAdmin):
    list_display = ("id", "item", "annotator", "slot", "state", "claimed_at", "expires_at")
    list_select_related = ("item", "annotator")
    list_filter = ("state", "item__project")
    search_fields = ("=item__id", "annotator__username")

"""Jobs in the admin: made by a form of their own, never edited, tried again in the list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from annotation.cot.errors import StepwiseError
from annotation.models.leased import Leased
from annotation.models.leases import QUEUED, RUNNING
from annotation.people.admin_base import RoleAdmin
from annotation.people.language import refusal_words
from annotation.people.roles import Role


class JobAdmin(RoleAdmin):
    """The page of a job under way reloads itself."""

    editors = (Role.LEAD, Role.ML_ENGINEER)
    actions = ("try_again",)
    add_form: type[forms.ModelForm[Any]]
    shown: tuple[str, ...] = ()
    word = "job"

    def add_fields(self) -> Sequence[str]:
        """Of the form that asks for one."""
        raise NotImplementedError

    def requeue(self, job: Leased) -> None:
        """Try it again, and send its task on commit.

        Raises:
            StepwiseError: it cannot be.
        """
        raise NotImplementedError

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # The changelist's actions need it; a job itself is never edited.
        return obj is None and super().has_change_permission(request)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is None:
            kwargs |= {"form": self.add_form, "fields": self.add_form._meta.fields}
        return super().get_form(request, obj, change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.shown if obj else self.add_fields()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.shown if obj else ()

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponseRedirect:
        name = f"admin:annotation_{obj._meta.model_name}_change"
        return HttpResponseRedirect(reverse(name, args=[obj.pk]))

    def add_view(self, request: HttpRequest, *rest: Any, **more: Any) -> Any:
        try:
            return super().add_view(request, *rest, **more)
        except StepwiseError as error:  # what a form cannot know: no room for a file
            messages.error(request, refusal_words(error))
            return HttpResponseRedirect(request.path)

    def change_view(self, request: HttpRequest, object_id: str, *rest: Any, **more: Any) -> Any:
        response: HttpResponseBase = super().change_view(request, object_id, *rest, **more)
        live = self.model._default_manager.filter(state__in=[QUEUED, RUNNING])
        if object_id.isdecimal() and live.filter(pk=object_id).exists():
            response["Refresh"] = "2"
        return response

    @admin.action(description="Try again")
    def try_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for job in queryset:
            try:
                self.requeue(job)
            except StepwiseError as error:
                messages.error(request, f"{self.word} {job.pk}: {refusal_words(error)}")


def progress_bar(done: int, total: int | None, unit: str) -> SafeString | str:
    if not total:
        return f"{done} {unit}"
    return format_html('<progress value="{0}" max="{1}"></progress> {0} of {1}', done, total)

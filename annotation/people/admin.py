"""Accounts: who left, and who is locked out."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse

from annotation.cot.errors import StepwiseError
from annotation.people.accounts import person_anonymise
from annotation.people.roles import Role, has_role
from annotation.people.sign_in import sign_in_unlock

admin.site.unregister(User)


# a type parameter in the stubs alone: Django's own class cannot be subscripted
@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]
    actions = ("let_in", "anonymise")

    @admin.action(description="Let sign in again (after too many wrong passwords)")
    def let_in(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        if not has_role(request.user, Role.ADMIN):
            messages.error(request, "only an administrator may do this")
            return
        for person in queryset:
            sign_in_unlock(account=person.get_username())
        messages.success(request, f"may try again: {len(queryset)}")

    @admin.action(description="Deactivate and anonymise: labels stay, name and e-mail go")
    def anonymise(
        self, request: HttpRequest, queryset: QuerySet[User]
    ) -> HttpResponseBase | None:
        me = request.user
        if "confirmed" not in request.POST or not isinstance(me, User):
            context: dict[str, Any] = {
                **self.admin_site.each_context(request),
                "title": "Deactivate and anonymise",
                "people": queryset,
                "opts": self.opts,
            }
            return TemplateResponse(request, "admin/auth/user/anonymise.html", context)
        done = 0
        for person in queryset:
            try:
                done += bool(person_anonymise(person=person, admin=me))
            except StepwiseError as error:
                messages.error(request, f"{person.get_username()}: {error.message}")
        if done:
            messages.success(request, f"deactivated and anonymised: {done}")
        return None

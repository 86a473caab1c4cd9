from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest

from annotation.cot.errors import Invalid
from annotation.cot.rules import RulesError, parse_rules
from annotation.labelling.pools import pool_check
from annotation.models import Project
from annotation.people.admin_base import RoleAdmin
from annotation.people.roles import Role, people_with
from annotation.quality.projects import project_save


class ProjectForm(forms.ModelForm[Project]):
    class Meta:
        model = Project
        fields = [
            "slug",
            "name",
            "layout",
            "overlap",
            "max_overlap",
            "first_error_only",
            "pool",
            "order",
            "rules",
            "guideline",
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        overlap, people = cleaned.get("overlap"), cleaned.get("pool")
        if overlap and people is not None:
            try:
                pool_check(overlap=overlap, people=people)
            except Invalid as error:
                raise forms.ValidationError({"pool": error.message}) from error
        return cleaned

    def clean_rules(self) -> str:
        rules: str = self.cleaned_data["rules"]
        try:
            parse_rules(rules)
        except RulesError as error:
            raise forms.ValidationError(str(error)) from error
        return rules


@admin.register(Project)
class ProjectAdmin(RoleAdmin):
    editors = (Role.LEAD,)
    form = ProjectForm
    list_display = ("name", "slug", "layout", "overlap", "max_overlap", "guideline_version")
    search_fields = ("name", "slug")

    def formfield_for_manytomany(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name == "pool":
            kwargs["queryset"] = people_with(Role.ANNOTATOR)
            # Django's two lists side by side have faults that a screen reader trips over.
            kwargs["widget"] = forms.CheckboxSelectMultiple
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Project, form: Any, change: bool) -> None:
        assert isinstance(request.user, User)
        project_save(project=obj, author=request.user)

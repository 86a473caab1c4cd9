from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from annotation.cot.errors import Invalid
from annotation.cot.rules import RulesError, parse_rules
from annotation.labelling.pools import pool_check
from annotation.models import Project, ProjectTombstone
from annotation.people.admin_base import RoleAdmin
from annotation.people.roles import Role, people_with
from annotation.quality.overlap import other_overlaps
from annotation.quality.projects import project_save

# Set on a request whose save changed the overlap.
_OVERLAP_CHANGED = "_stepwise_overlap_changed"


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
            "explore_percent",
            "autopilot",
            "reuse",
            "reuse_audit_percent",
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

    def clean_reuse_audit_percent(self) -> int:
        return self._share("reuse_audit_percent")

    def clean_explore_percent(self) -> int:
        return self._share("explore_percent")

    def _share(self, name: str) -> int:
        percent: int = self.cleaned_data[name]
        if percent > 100:
            raise forms.ValidationError(_("a share is at most 100 percent"))
        return percent

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
        if change and "overlap" in form.changed_data:
            setattr(request, _OVERLAP_CHANGED, True)

    def response_change(self, request: HttpRequest, obj: Project) -> HttpResponse:
        """After a change of the overlap, first to what it could mean for the open items."""
        answer = super().response_change(request, obj)
        if getattr(request, _OVERLAP_CHANGED, False) and other_overlaps(obj):
            return redirect("quality_overlap", obj.slug)
        return answer


@admin.register(ProjectTombstone)
class ProjectTombstoneAdmin(RoleAdmin):
    list_display = ("name", "slug", "created_by", "created_at")
    list_select_related = ("created_by",)
    search_fields = ("name", "slug")

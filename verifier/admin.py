"""The Django admin of ground truth and its releases."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse

from annotation.cot.errors import StepwiseError
from annotation.people.admin_base import RoleAdmin
from annotation.people.language import refusal_words
from annotation.people.roles import Role
from verifier.models import GroundTruth, VerifierRelease, Watermark
from verifier.services.freezing import MASKED
from verifier.services.release import release_cut
from verifier.services.truth import truth_refresh


@admin.register(GroundTruth)
class GroundTruthAdmin(RoleAdmin):
    list_display = (
        "id", "pair", "kind", "value", "source", "superseded_at", "withdrawn_at",
        "withdrawn_by", "created_at",
    )  # fmt: skip
    list_select_related = ("pair", "withdrawn_by")
    list_filter = (
        "project", "kind", "source", ("superseded_at", admin.EmptyFieldListFilter),
        ("withdrawn_at", admin.EmptyFieldListFilter),
    )  # fmt: skip
    search_fields = ("=pair__id", "pair__query")


@admin.register(Watermark)
class WatermarkAdmin(RoleAdmin):
    list_display = ("name", "position")


@admin.register(VerifierRelease)
class VerifierReleaseAdmin(RoleAdmin):
    list_display = ("__str__", "project", "short_sha256", "entries", "created_at")
    list_select_related = ("project",)
    list_filter = ("project",)
    exclude = ("payload",)  # megabytes; there is a download for it
    actions = ("download",)
    editors = (Role.LEAD, Role.ML_ENGINEER)

    @admin.display(description="sha256")
    def short_sha256(self, obj: VerifierRelease) -> str:
        return obj.sha256[:12]

    @admin.display(description="entries")
    def entries(self, obj: VerifierRelease) -> int:
        """Rows of all steps and sources; the release itself lists them one by one."""
        return sum(
            n
            for sources in obj.counts.values()
            for source, n in sources.items()
            if source != MASKED
        )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # a release is immutable

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return super().get_fields(request, obj) if obj else ("project",)

    def save_model(
        self, request: HttpRequest, obj: VerifierRelease, form: Any, change: bool
    ) -> None:
        """Adding means: refresh the project's truth and freeze it."""
        assert isinstance(request.user, User)
        truth_refresh(project=obj.project)
        obj.pk = release_cut(project=obj.project, user=request.user).pk
        obj.refresh_from_db()

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except StepwiseError as error:
            self.message_user(request, refusal_words(error), messages.ERROR)
            return HttpResponseRedirect(reverse("admin:verifier_verifierrelease_add"))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.truth_json)
        name = "verifier_verifierrelease_truth"
        return [path("<int:pk>/truth.json", view, name=name), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("payload")

    def truth_json(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        release = get_object_or_404(VerifierRelease, pk=pk)
        return HttpResponse(release.payload, content_type="application/json")

    @admin.action(description="Show truth.json")
    def download(
        self, request: HttpRequest, queryset: QuerySet[VerifierRelease]
    ) -> HttpResponse | None:
        release = queryset.first()
        if release is None:
            return None
        url = reverse("admin:verifier_verifierrelease_truth", args=[release.pk])
        return HttpResponseRedirect(url)

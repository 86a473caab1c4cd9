"""Asking for exports. The page of a running one reloads itself and ends with the download."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from annotation.cot.errors import StepwiseError
from annotation.cot.splits import SPLITS
from annotation.exports.formats import formats
from annotation.exports.jobs import export_job_create, export_job_requeue
from annotation.exports.tasks import export_job_send
from annotation.models import ExportJob
from annotation.people.admin_base import RoleAdmin
from annotation.people.roles import Role

_LIVE = (ExportJob.State.QUEUED, ExportJob.State.RUNNING)
_ASKED = ("project", "format", "split", "policy")


class ExportForm(forms.ModelForm[ExportJob]):
    format = forms.ChoiceField(choices=[])
    split = forms.ChoiceField(choices=[("", "all"), *((s, s) for s in SPLITS)], required=False)
    policy = forms.CharField(required=False, help_text="checkpoint name; empty = all")

    class Meta:
        model = ExportJob
        fields = ["project", "format"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(f.name, f"{f.name}: {f.about}") for f in formats().values()]
        self.fields["format"] = forms.ChoiceField(choices=choices)


@admin.register(ExportJob)
class ExportJobAdmin(RoleAdmin):
    editors = (Role.LEAD, Role.ML_ENGINEER)
    list_display = ("id", "format", "project", "state", "progress", "download", "created_at")
    list_select_related = ("project",)
    list_filter = ("project", "state", "format")
    actions = ("try_again",)
    shown = (
        "project", "format", "filter", "state", "progress", "download", "sha256", "lint",
        "error", "created_by", "created_at", "finished_at",
    )  # fmt: skip

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # The changelist's actions need it; an export itself is never edited.
        return obj is None and super().has_change_permission(request)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is None:
            kwargs["form"] = ExportForm
        return super().get_form(request, obj, change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.shown if obj else _ASKED

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.shown if obj else ()

    def save_model(self, request: HttpRequest, obj: ExportJob, form: Any, change: bool) -> None:
        assert isinstance(request.user, User)
        asked = form.cleaned_data
        job = export_job_create(
            project=obj.project,
            format=asked["format"],
            filter={"split": asked["split"], "policy": asked["policy"]},
            user=request.user,
        )
        obj.pk = job.pk
        obj.refresh_from_db()
        export_job_send(job.pk)

    def response_add(
        self, request: HttpRequest, obj: ExportJob, post_url_continue: str | None = None
    ) -> HttpResponseRedirect:
        return HttpResponseRedirect(reverse("admin:annotation_exportjob_change", args=[obj.pk]))

    def change_view(self, request: HttpRequest, object_id: str, *rest: Any, **more: Any) -> Any:
        response: HttpResponseBase = super().change_view(request, object_id, *rest, **more)
        if (
            object_id.isdecimal()
            and ExportJob.objects.filter(pk=object_id, state__in=_LIVE).exists()
        ):
            response["Refresh"] = "2"
        return response

    @admin.action(description="Try again")
    def try_again(self, request: HttpRequest, queryset: QuerySet[ExportJob]) -> None:
        for job in queryset:
            try:
                export_job_requeue(job=job)
            except StepwiseError as error:
                messages.error(request, f"export {job.pk}: {error.message}")
            else:
                export_job_send(job.pk)

    @admin.display
    def progress(self, job: ExportJob) -> SafeString | str:
        if not job.rows_total:
            return f"{job.rows_written} records"
        return format_html(
            '<progress value="{0}" max="{1}"></progress> {0} of {1}',
            job.rows_written,
            job.rows_total,
        )

    @admin.display
    def download(self, job: ExportJob) -> SafeString | str:
        if not job.path:
            return "–"
        url = reverse("export_file", args=[job.pk])
        return format_html('<a href="{}">{}</a> ({} bytes)', url, job.filename, job.bytes)

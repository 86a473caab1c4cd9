"""Asking for exports; the page of a job ends with the download."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from annotation.cot.splits import SPLITS
from annotation.exports.formats import FILTERS, formats
from annotation.exports.jobs import export_job_create, export_job_requeue
from annotation.exports.tasks import export_job_send
from annotation.models import ExportJob
from annotation.models.leased import Leased
from annotation.people.admin_jobs import JobAdmin, progress_bar


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
class ExportJobAdmin(JobAdmin):
    list_display = ("id", "format", "project", "state", "progress", "download", "created_at")
    list_select_related = ("project",)
    list_filter = ("project", "state", "format")
    add_form = ExportForm
    word = "export"
    shown = (
        "project", "format", "filter", "state", "progress", "download", "sha256", "lint",
        "error", "created_by", "created_at", "finished_at",
    )  # fmt: skip

    def add_fields(self) -> Sequence[str]:
        return [*ExportForm.Meta.fields, *FILTERS]

    def save_model(self, request: HttpRequest, obj: ExportJob, form: Any, change: bool) -> None:
        assert isinstance(request.user, User)
        wanted = form.cleaned_data
        job = export_job_create(
            project=obj.project,
            format=wanted["format"],
            filter={name: wanted[name] for name in FILTERS},
            user=request.user,
        )
        obj.pk = job.pk
        obj.refresh_from_db()
        export_job_send(job.pk)

    def requeue(self, job: Leased) -> None:
        assert isinstance(job, ExportJob)
        export_job_requeue(job=job)
        export_job_send(job.pk)

    @admin.display
    def progress(self, job: ExportJob) -> SafeString | str:
        return progress_bar(job.rows_written, job.rows_total, "records")

    @admin.display
    def download(self, job: ExportJob) -> SafeString | str:
        if not job.path:
            return "–"
        url = reverse("export_file", args=[job.pk])
        return format_html('<a href="{}">{}</a> ({} bytes)', url, job.filename, job.bytes)

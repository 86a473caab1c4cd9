"""Uploading pairs. The page of a running import reloads itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from annotation.cot.errors import StepwiseError
from annotation.models import ImportJob
from annotation.pairs.formats import (
    MAX_OPTION,
    NATIVE,
    ImportOption,
    format_named,
    formats,
    options,
    takers,
)
from annotation.pairs.jobs import (
    Upload,
    import_job_create,
    import_job_requeue,
    upload_check,
    uploads_given,
)
from annotation.pairs.readers.rows import ImportFileError
from annotation.pairs.tasks import import_job_start
from annotation.people.admin_base import RoleAdmin
from annotation.people.roles import Role

_LIVE = (ImportJob.State.QUEUED, ImportJob.State.RUNNING)


class ImportForm(forms.ModelForm[ImportJob]):
    adapter = forms.ChoiceField()  # its choices come with the form
    file = forms.FileField(help_text=".csv, .tsv, .jsonl, .json (also .gz, .zst) or .parquet")

    class Meta:
        model = ImportJob
        fields = ["project", "adapter", "file", "skip_bad", "unknown_as_attributes", "dry_run"]
        help_texts = {
            "skip_bad": "import the good rows; otherwise one bad row stops it all",
            "unknown_as_attributes": "otherwise they are named and left out",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(each.name, each.label) for each in formats().values()]
        self.fields["adapter"] = forms.ChoiceField(
            label="Format", initial=NATIVE, choices=choices, required=False
        )
        for name, option in options().items():
            self.fields[name] = _option_field(option)

    def clean_adapter(self) -> str:
        return self.cleaned_data["adapter"] or NATIVE

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if {"adapter", "file"} <= cleaned.keys():
            try:
                upload_check(
                    Upload(cleaned["file"], cleaned["file"].name),
                    format_named(cleaned["adapter"]),
                    uploads_given(cleaned),
                    cleaned.get("unknown_as_attributes", False),
                )
            except ImportFileError as error:
                raise forms.ValidationError(error.message) from error
        return cleaned


def _option_field(option: ImportOption) -> forms.Field:
    names = takers(option)
    text = f"{names}: {option.help}" if names else option.help
    if option.file:
        return forms.FileField(required=False, help_text=text)
    if option.choices:
        choices = [("", "---------"), *((each, each) for each in option.choices)]
        return forms.ChoiceField(required=False, help_text=text, choices=choices)
    return forms.CharField(required=False, help_text=text, max_length=MAX_OPTION)


@admin.register(ImportJob)
class ImportJobAdmin(RoleAdmin):
    editors = (Role.LEAD, Role.ML_ENGINEER)
    list_display = ("id", "filename", "project", "state", "progress", "created", "bad_rows")
    list_select_related = ("project",)
    list_filter = ("project", "state")
    actions = ("try_again",)
    shown = (
        "project", "filename", "adapter", "told", "state", "progress", "created", "existing",
        "also_stored", "bad_rows", "error_list", "notice_list", "columns_not_known", "skip_bad",
        "unknown_as_attributes", "dry_run", "created_by", "created_at", "finished_at",
    )  # fmt: skip

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # The changelist's actions need it; an import itself is never edited.
        return obj is None and super().has_change_permission(request)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is None:
            kwargs |= {"form": ImportForm, "fields": ImportForm.Meta.fields}
        return super().get_form(request, obj, change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.shown if obj else [*ImportForm.Meta.fields, *options()]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.shown if obj else ()

    def save_model(self, request: HttpRequest, obj: ImportJob, form: Any, change: bool) -> None:
        upload = form.cleaned_data["file"]
        assert isinstance(request.user, User)
        job = import_job_create(
            project=obj.project,
            upload=upload,
            filename=upload.name,
            adapter=obj.adapter,
            options=uploads_given(form.cleaned_data),
            skip_bad=obj.skip_bad,
            unknown_as_attributes=obj.unknown_as_attributes,
            dry_run=obj.dry_run,
            user=request.user,
        )
        obj.pk = job.pk
        obj.refresh_from_db()
        send(job.pk)

    def response_add(
        self, request: HttpRequest, obj: ImportJob, post_url_continue: str | None = None
    ) -> HttpResponseRedirect:
        return HttpResponseRedirect(reverse("admin:annotation_importjob_change", args=[obj.pk]))

    def add_view(self, request: HttpRequest, *rest: Any, **more: Any) -> Any:
        try:
            return super().add_view(request, *rest, **more)
        except StepwiseError as error:  # no room for the file, of which nothing is kept
            messages.error(request, error.message)
            return HttpResponseRedirect(request.path)

    def change_view(self, request: HttpRequest, object_id: str, *rest: Any, **more: Any) -> Any:
        response: HttpResponseBase = super().change_view(request, object_id, *rest, **more)
        if ImportJob.objects.filter(pk=object_id, state__in=_LIVE).exists():
            response["Refresh"] = "2"
        return response

    @admin.action(description="Try again, or import what was checked")
    def try_again(self, request: HttpRequest, queryset: QuerySet[ImportJob]) -> None:
        for job in queryset:
            try:
                import_job_requeue(job=job)
            except StepwiseError as error:
                messages.error(request, f"import {job.pk}: {error.message}")
            else:
                send(job.pk)

    @admin.display
    def progress(self, job: ImportJob) -> SafeString | str:
        if not job.rows_total:
            return f"{job.rows_read} rows read"
        return format_html(
            '<progress value="{}" max="{}"></progress> {} of {}',
            job.rows_read,
            job.rows_total,
            job.rows_read,
            job.rows_total,
        )

    @admin.display(description="pairs created")
    def created(self, job: ImportJob) -> int:
        return job.pairs_created

    @admin.display(description="pairs known already")
    def existing(self, job: ImportJob) -> int:
        return job.pairs_existing

    @admin.display(description="options")
    def told(self, job: ImportJob) -> str:
        files = dict.fromkeys(job.files, "a file")
        return _named(job.options | files)

    @admin.display(description="also stored")
    def also_stored(self, job: ImportJob) -> str:
        return _named(job.counts)

    @admin.display(description="bad rows")
    def bad_rows(self, job: ImportJob) -> int:
        return job.error_count

    @admin.display(description="errors")
    def error_list(self, job: ImportJob) -> SafeString | str:
        return _lines(job.errors)

    @admin.display(description="imported otherwise than written")
    def notice_list(self, job: ImportJob) -> SafeString | str:
        return _lines(job.notices)

    @admin.display(description="columns not known")
    def columns_not_known(self, job: ImportJob) -> str:
        used = "became attributes" if job.unknown_as_attributes else "not read"
        return f"{', '.join(job.unknown_columns)} ({used})" if job.unknown_columns else "none"


def _named(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in values.items()) or "none"


def _lines(entries: Sequence[Mapping[str, Any]]) -> SafeString | str:
    lines = ((entry["line"] or "file", entry["message"]) for entry in entries)
    return format_html_join("", "<div>line {}: {}</div>", lines) or "none"


def send(job_id: int) -> None:
    """Queue the job once its row is committed."""
    transaction.on_commit(lambda: import_job_start.delay(job_id))

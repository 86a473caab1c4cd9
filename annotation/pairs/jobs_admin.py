"""Uploading pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from annotation.models import ImportJob
from annotation.models.leased import Leased
from annotation.pairs.formats import (
    NATIVE,
    ImportOption,
    format_named,
    formats,
    options,
    takers,
)
from annotation.pairs.jobs import import_job_create, import_job_requeue, upload_check
from annotation.pairs.readers.rows import ImportFileError
from annotation.pairs.tasks import import_job_send
from annotation.pairs.uploads import Upload, uploads_given
from annotation.people.admin_jobs import JobAdmin, progress_bar


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
    return forms.CharField(required=False, help_text=text, max_length=option.longest)


@admin.register(ImportJob)
class ImportJobAdmin(JobAdmin):
    list_display = ("id", "filename", "project", "state", "progress", "created", "bad_rows")
    list_select_related = ("project",)
    list_filter = ("project", "state")
    add_form = ImportForm
    word = "import"
    shown = (
        "project", "filename", "adapter", "told", "state", "progress", "created", "existing",
        "also_stored", "bad_rows", "error_list", "notice_list", "columns_not_known", "skip_bad",
        "unknown_as_attributes", "dry_run", "created_by", "created_at", "finished_at",
    )  # fmt: skip

    def add_fields(self) -> Sequence[str]:
        return [*ImportForm.Meta.fields, *options()]

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
        import_job_send(job.pk)

    def requeue(self, job: Leased) -> None:
        assert isinstance(job, ImportJob)
        import_job_requeue(job=job)
        import_job_send(job.pk)

    @admin.action(description="Try again, or import what was checked")
    def try_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        super().try_again(request, queryset)

    @admin.display
    def progress(self, job: ImportJob) -> SafeString | str:
        return progress_bar(job.rows_read, job.rows_total, "rows read")

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

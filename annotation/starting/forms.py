"""The forms that bring files."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotation.models import Project
from annotation.pairs.uploads import Upload
from annotation.starting.start import name_taken

_KINDS = ".csv,.tsv,.jsonl,.ndjson,.json,.parquet,.gz,.zst,.zip"


class SeveralFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One file or several of the same upload."""

    widget = SeveralFiles(attrs={"accept": _KINDS})

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        several = data if isinstance(data, list | tuple) else [data]
        return [super(FilesField, self).clean(each, initial) for each in several or [None]]


class FilesForm(forms.Form):
    upload = FilesField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "CSV, TSV, JSON, JSONL or Parquet, also packed as .gz or .zst, or a zip of such. "
            "Judgments that come with a file of products: choose both."
        ),
        error_messages={
            "empty": gettext_lazy("The file is empty."),
            "required": gettext_lazy("Choose a file."),
        },
    )

    @property
    def uploads(self) -> list[Upload]:
        return [Upload(file, file.name or "") for file in self.cleaned_data["upload"]]


class NewProjectForm(FilesForm):
    name = forms.CharField(
        max_length=200,
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("What people call it, like Garden shop."),
    )
    slug = forms.SlugField(
        required=False,
        label=gettext_lazy("Short name in addresses"),
        help_text=gettext_lazy("Letters, digits and hyphens; empty: made from the name."),
    )
    field_order = ("name", "slug", "upload")

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if name_taken(name):
            raise forms.ValidationError(
                _("There is already a project by this name; choose another one.")
            )
        return name

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if slug and Project.objects.filter(slug=slug).exists():
            raise forms.ValidationError(
                _("Another project has this short name; choose another one.")
            )
        return slug

"""The admin's form of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from annotation.cot.errors import Invalid
from training.job.prompts import PROMPT_VERSIONS
from training.models import Checkpoint
from training.runs.checkpoints import model_about, version_about

if TYPE_CHECKING:
    _ModelForm = forms.ModelForm[Checkpoint]
else:
    _ModelForm = forms.ModelForm  # generic in the type stubs only


class CheckpointForm(_ModelForm):
    prompt_version = forms.ChoiceField(
        choices=[("", _("as the folder says")), *((v, v) for v in PROMPT_VERSIONS)],
        required=False,
        help_text=_("of a folder without stepwise.json, or of an endpoint"),
    )

    class Meta:
        model = Checkpoint
        fields = ("name", "kind", "path", "model_name", "style", "layout", "prompt_version")

    def clean_path(self) -> str:
        path: str = self.cleaned_data["path"]
        try:
            model_about(path)
        except Invalid as error:
            raise forms.ValidationError(error.message) from error
        return path

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if "path" in data and "prompt_version" in data:
            name = data.get("name", self.instance.name)
            try:
                version_about(name, data["path"], data["prompt_version"])
            except Invalid as error:
                raise forms.ValidationError({"prompt_version": error.message}) from error
        return data

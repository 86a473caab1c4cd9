"""The admin's form of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms

from annotation.cot.errors import Invalid
from training.models import Checkpoint
from training.runs.checkpoints import model_about

if TYPE_CHECKING:
    _ModelForm = forms.ModelForm[Checkpoint]
else:
    _ModelForm = forms.ModelForm  # generic in the type stubs only


class CheckpointForm(_ModelForm):
    class Meta:
        model = Checkpoint
        fields = ("name", "kind", "path", "model_name", "style", "layout")

    def clean_path(self) -> str:
        path: str = self.cleaned_data["path"]
        try:
            model_about(path)
        except Invalid as error:
            raise forms.ValidationError(error.message) from error
        return path

"""The admin's form of a rollout batch."""

from __future__ import annotations

from django import forms

from annotation.models import Project
from training.models import Checkpoint


class BatchForm(forms.Form):
    project = forms.ModelChoiceField(Project.objects.order_by("-pk"))
    policy = forms.ModelChoiceField(
        Checkpoint.objects.filter(kind=Checkpoint.Kind.POLICY).order_by("-pk")
    )
    splits = forms.MultipleChoiceField(
        choices=[("train", "train"), ("val", "val"), ("test", "test")], initial=["train"]
    )
    pairs = forms.IntegerField(
        min_value=1, max_value=100_000, initial=50, help_text="at most so many, oldest first"
    )
    n = forms.IntegerField(min_value=1, max_value=64, initial=1, label="Rollouts a pair")
    temperature = forms.FloatField(min_value=0, max_value=2, initial=0.99)
    top_k = forms.IntegerField(min_value=0, initial=100, help_text="0 = all tokens")
    max_tokens = forms.IntegerField(min_value=8, max_value=32_768, initial=256)
    seed = forms.IntegerField(min_value=0, initial=0)
    overlap = forms.IntegerField(
        min_value=1, required=False, help_text="annotators an item; empty = the project's"
    )
    queue_limit = forms.IntegerField(
        min_value=0,
        required=False,
        help_text="rollouts a pair that people label; empty = all",
    )

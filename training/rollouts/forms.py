"""The admin's form of a rollout batch."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from annotation.cot.splits import SPLITS
from annotation.models import Project
from training.models import Checkpoint


class BatchForm(forms.Form):
    project = forms.ModelChoiceField(Project.objects.order_by("-pk"), label=_("Project"))
    policy = forms.ModelChoiceField(
        Checkpoint.objects.filter(kind=Checkpoint.Kind.POLICY).order_by("-pk"),
        label=_("Policy"),
    )
    splits = forms.MultipleChoiceField(
        choices=[(split, split) for split in SPLITS], initial=["train"], label=_("Splits")
    )
    pairs = forms.IntegerField(
        min_value=1,
        max_value=100_000,
        initial=50,
        label=_("Pairs"),
        help_text=_("at most so many, oldest first"),
    )
    n = forms.IntegerField(min_value=1, max_value=64, initial=1, label=_("Rollouts a pair"))
    temperature = forms.FloatField(
        min_value=0, max_value=2, initial=0.99, label=_("Temperature")
    )
    top_k = forms.IntegerField(
        min_value=0, initial=100, label=_("Top k"), help_text=_("0 = all tokens")
    )
    max_tokens = forms.IntegerField(
        min_value=8, max_value=32_768, initial=256, label=_("Tokens, at most")
    )
    seed = forms.IntegerField(min_value=0, initial=0, label=_("Seed"))
    overlap = forms.IntegerField(
        min_value=1,
        required=False,
        label=_("Overlap"),
        help_text=_("annotators an item; empty = the project's"),
    )
    queue_limit = forms.IntegerField(
        min_value=0,
        required=False,
        label=_("Queue limit"),
        help_text=_("rollouts a pair that people label; empty = all"),
    )

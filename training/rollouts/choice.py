"""The choice of a writer as a form, and as what it starts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from annotation.cot.errors import Invalid
from annotation.cot.splits import SPLITS
from annotation.models import Project
from annotation.people.language import refusal_words
from annotation.starting.forms import FilesField, FilesForm
from training.models import Checkpoint, RolloutBatch
from training.rollouts.batches import batch_create
from training.rollouts.select import pairs_due_for_rollout
from training.rollouts.writers import (
    catalogue_writer,
    chat_writer,
    own_name_check,
    writer_start,
)
from training.rollouts.written import chat_addresses, policies_offered

MOST_PAIRS = 100_000


class PairsForm(forms.Form):
    """The catalogue writer asks for nothing else."""

    pairs = forms.IntegerField(
        min_value=1,
        max_value=MOST_PAIRS,
        required=False,
        label=_("Pairs, at most"),
        help_text=_("oldest first; empty = all that it has not written yet"),
    )

    def __init__(self, project: Project, data: Any = None) -> None:
        super().__init__(data, auto_id=f"{type(self).__name__.lower()}-%s")
        self.project = project

    def start(self) -> RolloutBatch:
        """Raises Invalid with what is wrong."""
        return writer_start(
            project=self.project, writer=catalogue_writer(), pairs=self.cleaned_data["pairs"]
        )


class ChatForm(PairsForm):
    field_order = ("url", "model", "temperature", "max_tokens", "pairs")
    url = forms.CharField(
        max_length=500,
        label=_("Address"),
        help_text=_("of an OpenAI-compatible server that an administrator has listed"),
        widget=forms.TextInput(attrs={"placeholder": "http://127.0.0.1:8000/v1"}),
    )
    model = forms.CharField(
        max_length=200, label=_("Model"), help_text=_("as the server calls it")
    )
    temperature = forms.FloatField(
        min_value=0, max_value=2, initial=0.0, label=_("Temperature")
    )
    max_tokens = forms.IntegerField(
        min_value=64, max_value=32_768, initial=1024, label=_("Tokens an answer, at most")
    )

    def __init__(self, project: Project, data: Any = None) -> None:
        super().__init__(project, data)
        self.addresses = chat_addresses()
        self.fields["url"].initial = next(iter(self.addresses), "")
        self.fields["url"].widget.attrs |= {"list": "chat-addresses", "spellcheck": "false"}

    def start(self) -> RolloutBatch:
        data = self.cleaned_data
        return writer_start(
            project=self.project,
            writer=chat_writer(url=data["url"], model=data["model"]),
            pairs=data["pairs"],
            temperature=data["temperature"],
            max_tokens=data["max_tokens"],
        )


class PolicyForm(PairsForm):
    field_order = ("policy", "pairs")
    policy = forms.ModelChoiceField(
        Checkpoint.objects.none(), to_field_name="name", label=_("Policy"), empty_label=None
    )

    def __init__(self, project: Project, data: Any = None) -> None:
        super().__init__(project, data)
        field = self.fields["policy"]
        assert isinstance(field, forms.ModelChoiceField)
        ids = [policy.pk for policy in policies_offered(project)]
        field.queryset = Checkpoint.objects.filter(pk__in=ids).order_by("-pk")
        self.offers = bool(ids)

    def start(self) -> RolloutBatch:
        policy = self.cleaned_data["policy"]
        return batch_create(
            project=self.project,
            policy=policy,
            pairs=pairs_due_for_rollout(
                project=self.project,
                policy=policy,
                splits=SPLITS,
                limit=self.cleaned_data["pairs"],
            ),
            n=1,
        )


class OwnForm(FilesForm):
    """CoTs that are there already."""

    writer = forms.CharField(
        required=False,
        max_length=200,
        label=_("Who wrote them"),
        help_text=_("the name beside them; empty = own"),
    )
    upload = FilesField(
        label=_("File"),
        help_text=_(
            "JSONL, JSON, CSV or Parquet: a table, or traces of LangSmith, Langfuse, Phoenix "
            "or Argilla"
        ),
    )
    field_order = ("upload", "writer")

    def __init__(self, data: Any = None, files: Any = None) -> None:
        super().__init__(data, files, auto_id="ownform-%s")

    def clean_writer(self) -> str:
        name: str = self.cleaned_data["writer"].strip()
        try:
            own_name_check(name)
        except Invalid as error:
            raise forms.ValidationError(refusal_words(error)) from error
        return name


FORMS: dict[str, type[PairsForm]] = {
    "catalogue": PairsForm,
    "chat": ChatForm,
    "policy": PolicyForm,
}

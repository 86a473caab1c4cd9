"""Forms of the admin: launching a run or a rollout batch, naming a model."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import fields
from typing import TYPE_CHECKING, Any, get_type_hints

from django import forms

from annotation.errors import Invalid
from annotation.models import Project
from training.models import Checkpoint
from training.rl.config import RunConfig
from training.run_config import METHODS, RL_METHODS, ConfigError, config_check
from training.services.checkpoints import model_about

# The settings people change most; everything else goes through the overrides.
_RL = (
    "updates", "prompts", "group", "learning_rate", "kl", "gamma", "normalise",
    "shaping", "replay", "dynamic",
)  # fmt: skip
_FIT = ("epochs", "batch_size", "learning_rate")
SECTIONS = {"rl": _RL, "fit": _FIT}


class LaunchForm(forms.Form):
    """Empty hyperparameters keep the trainer's defaults, which the placeholders show."""

    project = forms.ModelChoiceField(Project.objects.order_by("-pk"))
    method = forms.ChoiceField(choices=list(METHODS.items()))
    policy = forms.ModelChoiceField(
        Checkpoint.objects.order_by("-pk"),
        help_text="trained from; a reward model starts from its weights too",
    )
    rm = forms.ModelChoiceField(
        Checkpoint.objects.filter(kind=Checkpoint.Kind.RM).order_by("-pk"),
        required=False,
        label="Reward model",
        help_text="rewards steps 1 and 2 of SRPO and GRPO",
    )
    seed = forms.IntegerField(min_value=0, initial=0)
    eval_split = forms.ChoiceField(choices=[("test", "test"), ("val", "val")])
    train_limit = forms.IntegerField(
        min_value=0, initial=0, help_text="training pairs; 0 = all"
    )
    eval_limit = forms.IntegerField(
        min_value=0, initial=0, help_text="evaluation pairs; 0 = all"
    )
    overrides = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "cols": 60, "spellcheck": "false"}),
        help_text="TOML, any key of run.toml, for example: [sampling] and keep_max = 200",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for section, name, field in _hyperparameters():
            self.fields[f"{section}__{name}"] = field
        self.fields["overrides"] = self.fields.pop("overrides")  # the last word

    def config(self) -> dict[str, Any]:
        """The overrides of the run, as TrainingRun.config."""
        data = self.cleaned_data
        section = "rl" if data["method"] in RL_METHODS | {"rm_grpo"} else "fit"
        limits = {name: data[name] for name in ("eval_split", "train_limit", "eval_limit")}
        chosen = {
            name: data[f"{section}__{name}"]
            for name in SECTIONS[section]
            if data.get(f"{section}__{name}") not in (None, "")
        }
        base = {"seed": data["seed"], "data": limits, section: chosen}
        return _merged(base, tomllib.loads(data["overrides"]))

    def clean_overrides(self) -> str:
        text: str = self.cleaned_data["overrides"]
        try:
            tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise forms.ValidationError(f"not TOML: {error}") from error
        return text

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                config_check(
                    method=data["method"],
                    policy=data["policy"],
                    rm=data["rm"],
                    config=self.config(),
                )
            except ConfigError as error:
                raise forms.ValidationError(str(error)) from error
        return data


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


def _hyperparameters() -> Iterator[tuple[str, str, forms.Field]]:
    for section, names in SECTIONS.items():
        cls = get_type_hints(RunConfig)[section]
        known, hints = {f.name: f for f in fields(cls)}, get_type_hints(cls)
        for name in names:
            yield section, name, _field(section, name, hints[name], known[name])


def _field(section: str, name: str, kind: type[Any], about: Any) -> forms.Field:
    label = f"{section}.{name}"
    if "choices" in about.metadata:
        choices = [("", f"default ({about.default})")]
        choices += [(choice, choice) for choice in about.metadata["choices"]]
        return forms.ChoiceField(choices=choices, required=False, label=label)
    if kind is bool:
        choices = [("", "the method's default"), ("true", "on"), ("false", "off")]
        return forms.TypedChoiceField(
            choices=choices, required=False, label=label, coerce=lambda text: text == "true"
        )
    cls = forms.IntegerField if kind is int else forms.FloatField
    limits = {"min_value": about.metadata["low"], "max_value": about.metadata["high"]}
    widget = forms.NumberInput(attrs={"placeholder": f"{about.default:g}", "step": "any"})
    return cls(required=False, label=label, widget=widget, **limits)


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        both = isinstance(old, dict) and isinstance(value, dict)
        merged[key] = _merged(old or {}, value) if both else value
    return {key: value for key, value in merged.items() if value != {}}

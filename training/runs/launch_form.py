"""The form that launches a run: the settings of the chosen method and no others."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from annotation.models import Project
from annotation.people.language import in_words
from training.job.methods import METHODS, Method
from training.models import Checkpoint
from training.runs.run_config import ConfigError, config_check
from training.runs.setting_fields import field_name, setting_field

CUSTOM = "custom"
_PRESETS = {
    CUSTOM: _("custom: what you fill in; an empty field keeps its default"),
    "quick": _("quick: small, to see that it runs"),
    "paper": _("paper: the papers' sizes, for a large policy and a GPU"),
}


class LaunchForm(forms.Form):
    """Made for one method, the posted or initial one. A preset fills the fields in and is not
    stored; empty fields keep the trainer's defaults, which the placeholders show."""

    project = forms.ModelChoiceField(Project.objects.order_by("-pk"), label=_("Project"))
    method = forms.ChoiceField(
        label=_("Method"),
        choices=lambda: [(row.name, in_words(row.label)) for row in METHODS.values()],
    )
    preset = forms.ChoiceField(
        label=_("Preset"), required=False, help_text=_("fills in the settings below")
    )
    policy = forms.ModelChoiceField(
        Checkpoint.objects.none(),
        label=_("Policy"),
        help_text=_("trained from; a reward model starts from its weights too"),
    )
    rm = forms.ModelChoiceField(
        Checkpoint.objects.filter(kind=Checkpoint.Kind.RM).order_by("-pk"),
        required=False,
        label=_("Reward model"),
        help_text=_("rewards steps 1 and 2; without one they get no reward"),
    )
    seed = forms.IntegerField(
        min_value=0, initial=0, label=_("Seed"), help_text=_("the same seed repeats the run")
    )
    eval_split = forms.ChoiceField(
        choices=[("test", "test"), ("val", "val")],
        label=_("Evaluation split"),
        help_text=_("kept out of the training; the run is measured on it"),
    )
    train_limit = forms.IntegerField(
        min_value=0,
        initial=0,
        label=_("Train limit"),
        help_text=_("training pairs, of all queries in turn; 0 = all"),
    )
    eval_limit = forms.IntegerField(
        min_value=0,
        initial=0,
        label=_("Eval limit"),
        help_text=_("evaluation pairs, rounded up to whole queries; 0 = all"),
    )
    overrides = forms.CharField(
        required=False,
        label=_("Overrides"),
        widget=forms.Textarea(attrs={"rows": 4, "cols": 60, "spellcheck": "false"}),
        help_text=_(
            "TOML, any key of run.toml that the method reads, "
            "for example: [sampling] and keep_max = 200"
        ),
    )

    def __init__(self, data: Any = None, *, initial: Mapping[str, Any] | None = None) -> None:
        given = initial or {}
        self.row = _method((data or given).get("method"))
        super().__init__(data, initial=_filled(self.row, given))
        startable = Checkpoint.objects.exclude(kind=Checkpoint.Kind.WRITER).order_by("-pk")
        if self.row.starts_from != "any":
            startable = startable.filter(kind=self.row.starts_from)
        policy, preset = self.fields["policy"], self.fields["preset"]
        assert isinstance(policy, forms.ModelChoiceField)
        assert isinstance(preset, forms.ChoiceField)
        policy.queryset = startable
        preset.choices = [(k, text) for k, text in _PRESETS.items() if k in self._presets()]
        if not self.row.takes_rm:
            del self.fields["rm"]
        for name in ("train_limit", "eval_limit"):
            if not self.row.reads_key(f"data.{name}"):
                del self.fields[name]
        for key in self.row.form:
            self.fields[field_name(key)] = setting_field(self.row, key)
        self.fields["overrides"] = self.fields.pop("overrides")  # the last word

    def config(self) -> dict[str, Any]:
        """The overrides of the run, as TrainingRun.config."""
        data = self.cleaned_data
        names = ("eval_split", "train_limit", "eval_limit")
        body: dict[str, Any] = {
            "seed": data["seed"],
            "data": {name: data[name] for name in names if name in data},
        }
        for key in self.row.form:
            section, _dot, name = key.partition(".")
            if (value := data.get(field_name(key))) not in (None, ""):
                body.setdefault(section, {})[name] = value
        return _merged(body, tomllib.loads(data["overrides"]))

    def choice(self) -> dict[str, Any]:
        """What the preflight and ``run_create`` take."""
        data = self.cleaned_data
        return {
            "project": data["project"],
            "method": data["method"],
            "policy": data["policy"],
            "rm": data.get("rm"),
            "config": self.config(),
        }

    def chosen(self) -> list[tuple[str, str]]:
        """(label, value) of every filled field, for the summary."""
        values = ((bound, self.cleaned_data.get(bound.name)) for bound in self)
        return [
            (str(bound.label), _shown(bound.field, value))
            for bound, value in values
            if value not in (None, "") and bound.name != "preset"
        ]

    def clean_overrides(self) -> str:
        text: str = self.cleaned_data["overrides"]
        try:
            tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise forms.ValidationError(
                gettext("not TOML: %(error)s") % {"error": error}
            ) from error
        return text

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if foreign := sorted(self._foreign()):
            text = gettext("%(method)s does not read %(names)s: leave it out")
            raise forms.ValidationError(
                text % {"method": self.row.name, "names": ", ".join(foreign)}
            )
        if not self.errors:
            try:
                choice = self.choice()
                del choice["project"]
                config_check(**choice)
            except ConfigError as error:
                self.add_error(self._field_of(error.message), in_words(error.message))
        return data

    def _presets(self) -> set[str]:
        return {CUSTOM, *self.row.presets}

    def _foreign(self) -> Iterator[str]:
        """Filled fields that another method's form has and this one's has not."""
        for name, value in self.data.items():
            if name in self.fields or not value:
                continue
            if name == "rm" or "__" in name:
                yield name.replace("__", ".")
            elif name in ("train_limit", "eval_limit") and value != "0":
                yield f"data.{name}"

    def _field_of(self, message: str) -> str | None:
        """The field whose setting the message names first."""
        names = map(field_name, re.findall(r"\b[a-z]+\.[a-z_]+", message))
        return next((name for name in names if name in self.fields), None)


def _shown(field: forms.Field, value: object) -> str:
    """A choice by its name on the form; the methods' names are sentences."""
    choices: Any = field.choices if type(field) is forms.ChoiceField else ()
    return str(dict(choices).get(value, value))


def _method(name: object) -> Method:
    return METHODS.get(str(name)) or next(iter(METHODS.values()))


def _filled(row: Method, given: Mapping[str, Any]) -> dict[str, Any]:
    """``given`` with the values of its preset in the place of the method's settings."""
    values = {**given, "method": row.name}
    preset = row.presets.get(str(given.get("preset")))
    if preset is None:
        return values | {"preset": CUSTOM}
    for key in row.form:
        section, _dot, name = key.partition(".")
        value = preset.get(section, {}).get(name, "")
        values[field_name(key)] = str(value).lower() if isinstance(value, bool) else value
    return values


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        both = isinstance(old, dict) and isinstance(value, dict)
        merged[key] = _merged(old or {}, value) if both else value
    return {key: value for key, value in merged.items() if value != {}}

"""A form field for a setting of run.toml: its limits and default from the configuration's own
dataclasses, its line of help from here."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, get_type_hints

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from training.job.config import RunConfig
from training.job.methods import Method

_HELP: dict[str, Promise] = {
    "sampling.rollouts": _("rollouts a pair that the policy writes before it is trained"),
    "rl.updates": _("how often the weights are updated; the run's length"),
    "rl.prompts": _("pairs an update"),
    "rl.group": _("rollouts a pair; their mean is what each is compared with"),
    "rl.learning_rate": _("a larger model wants a smaller one"),
    "rl.kl": _("how strongly it is held to the policy it started from"),
    "rl.gamma": _("what a later step's reward counts for an earlier step"),
    "rl.normalise": _("step: each step is compared with the same step of the group"),
    "rl.shaping": _("rules: category, attribute and the rules table earn a part"),
    "rl.replay": _("groups that fail are written again with guidance"),
    "rl.dynamic": _("groups that are all right or all wrong are replaced"),
    "eval.curve_every": _("updates between two points of the validation curve; 0: none"),
    "eval.dev_share": _("share of the training queries kept apart for that curve"),
    "eval.keep_best": _("the result is the policy of the curve's best point"),
    "eval.best_by": _("what is best; kappa_quadratic for ratings on a scale"),
    "eval.proven": _("and only if its gain over the start is beyond chance"),
    "fit.epochs": _("passes over the examples"),
    "fit.batch_size": _("examples an update"),
    "fit.learning_rate": _("a larger model wants a smaller one"),
    "fit.target": _("cot: the whole reasoning; answer: the tier alone"),
    "fit.beta": _("how strongly it is held to the policy it started from"),
    "fit.pairs": _("pass_at_n also writes guided answers where all rollouts fail"),
    "fit.holdout": _("share of the queries kept apart for the reward model's own test"),
}


def field_name(key: str) -> str:
    return key.replace(".", "__")


def setting_field(method: Method, key: str) -> forms.Field:
    """An empty field keeps the method's default, which it shows."""
    section, _dot, name = key.partition(".")
    cls = get_type_hints(RunConfig)[section]
    about = {f.name: f for f in fields(cls)}[name]
    default = method.defaults.get(section, {}).get(name, about.default)
    given: dict[str, Any] = {"label": key, "help_text": _HELP.get(key, ""), "required": False}
    if "choices" in about.metadata:
        return _choices(default, about.metadata["choices"], given)
    kind = get_type_hints(cls)[name]
    if kind is bool:
        words = {True: _("on"), False: _("off")}
        return forms.TypedChoiceField(
            choices=[("", _default(words[default])), ("true", _("on")), ("false", _("off"))],
            coerce=lambda text: text == "true",
            **given,
        )
    number = forms.IntegerField if kind is int else forms.FloatField
    widget = forms.NumberInput(attrs={"placeholder": f"{default:g}", "step": "any"})
    limits = {"min_value": about.metadata["low"], "max_value": about.metadata["high"]}
    return number(widget=widget, **limits, **given)


def _choices(default: str, words: tuple[str, ...], given: dict[str, Any]) -> forms.Field:
    choices = [("", _default(default)), *((word, word) for word in words)]
    return forms.ChoiceField(choices=choices, **given)


def _default(value: object) -> str:
    return gettext("default (%(value)s)") % {"value": value}

"""Puts what services refuse into the language of the page."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from annotation.cot.errors import GateRefused, InvalidLabels, PreflightRefused, StepwiseError
from annotation.cot.step_names import NAMES, VALUE_NAMES
from annotation.cot.wording import Listing, Wording

_PARTS: dict[str, Promise] = {
    "category": _("category"),
    "attribute": _("attribute"),
    "tier": _("tier"),
    "correct": _("correct"),
    "incorrect": _("incorrect"),
    **VALUE_NAMES,
}


def in_words(text: str) -> str:
    """A :class:`Wording` in the active language; any other text as it is."""
    if not isinstance(text, Wording):
        return text
    template = gettext(text.template)
    if template == text.template:
        return text
    values = {name: _value(value) for name, value in text.values.items()}
    return template % values if values else template


def refusal_words(error: StepwiseError) -> str:
    """The message of a refusal, for a person."""
    if isinstance(error, PreflightRefused):
        return "; ".join(in_words(text) for _name, text in error.lines)
    if isinstance(error, GateRefused):
        return "; ".join(in_words(line) for line in error.lines)
    if not isinstance(error, InvalidLabels):
        return in_words(error.message)
    names = {int(kind): name for kind, name in NAMES.items()}
    sentences = [
        f"{kind} {names[kind]}: {in_words(text)}" if kind else in_words(text)
        for kind, text in sorted(error.by_kind.items())
    ]
    return "; ".join(sentences)


def label_words(error: InvalidLabels) -> dict[int, str]:
    """Step kind -> what is wrong with its label; 0 is the form as a whole."""
    return {kind: in_words(text) for kind, text in error.by_kind.items()}


def _value(value: object) -> object:
    """Parts that are sentences or step values themselves are named in the language too."""
    if isinstance(value, Wording):
        return in_words(value)
    if isinstance(value, Listing):
        return ", ".join(str(_value(part)) for part in value.parts)
    return _PARTS.get(value, value) if isinstance(value, str) else value

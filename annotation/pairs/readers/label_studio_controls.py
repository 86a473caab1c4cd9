"""What the controls of a Label Studio annotation say, and what of it is not understood. Pure.

The controls are those of our own export: ``verdict_K`` and ``value_K`` (one choice each) and
``comment_K`` (text) for step K.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from annotation.cot.labels import VERDICTS
from annotation.cot.steps import VALUES, StepKind

CHOICES: dict[str, tuple[str, ...]] = {
    **{f"verdict_{kind:d}": VERDICTS for kind in StepKind},
    **{f"value_{kind:d}": allowed for kind, allowed in VALUES.items()},
}
_TEXTS = frozenset(f"comment_{kind:d}" for kind in StepKind)
_OURS = "verdict_1 to verdict_5, value_3 to value_5 and comment_1 to comment_5"


class NotUnderstood(ValueError):
    """A task says something that we cannot read; the message is for people."""


@dataclass(slots=True)
class Answers:
    """``unknown`` are the controls that are not ours, as name and type."""

    choices: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)


def answers_of(annotation: Mapping[str, Any], where: str) -> Answers:
    """The answers of an annotation (or prediction); ``where`` says which, for the messages.

    Raises:
        NotUnderstood: a choice that is not one of the control's, or nothing but other controls.
    """
    answers, wrong = Answers(), []
    for result in listed(annotation.get("result"), f"{where}: result"):
        name = str(result.get("from_name"))
        if name in CHOICES:
            wrong += _choice_add(answers, name, result.get("value"))
        elif name in _TEXTS:
            _text_add(answers, name, result.get("value"))
        else:
            answers.unknown.append(f"{name} ({result.get('type') or 'no type'})")
    if wrong:
        raise NotUnderstood(f"{where}: not understood: {'; '.join(wrong)}")
    if answers.unknown and not answers.choices:
        names = ", ".join(answers.unknown[:10])
        raise NotUnderstood(f"{where}: no control but {names}; those read are {_OURS}")
    return answers


def listed(value: Any, where: str) -> list[Mapping[str, Any]]:
    """A list of objects; nothing is an empty one.

    Raises:
        NotUnderstood: anything else.
    """
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
        raise NotUnderstood(f"{where} is not a list of objects")
    return value


def cancelled(annotation: Mapping[str, Any]) -> bool:
    return bool(annotation.get("was_cancelled"))


def unstorable(task: Mapping[str, Any]) -> str:
    """Where a text stands that no database can hold, as ``annotations.0.result``, or ""."""
    left: list[tuple[str, Any]] = [("", task)]
    while left:
        where, value = left.pop()
        if isinstance(value, str):
            if "\x00" in value or _has_surrogate(value):
                return where.removeprefix(".")
        elif isinstance(value, Mapping):
            left += [(where, name) for name in value]
            left += [(f"{where}.{name}"[:200], inner) for name, inner in value.items()]
        elif isinstance(value, list):
            left += [(f"{where}.{number}"[:200], inner) for number, inner in enumerate(value)]
    return ""


def _has_surrogate(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)


def _choice_add(answers: Answers, name: str, value: Any) -> list[str]:
    """What is wrong with it."""
    choices = value.get("choices") if isinstance(value, Mapping) else None
    if not isinstance(choices, list):
        return [f"{name} has no choices"]
    chosen = sorted({str(choice) for choice in choices})
    if not chosen:
        return []
    shown = ", ".join(f"'{choice[:40]}'" for choice in chosen[:5])
    if len(chosen) > 1:
        return [f"{name} has several choices, {shown}"]
    if chosen[0] not in CHOICES[name]:
        return [f"{name} {shown} is not one of {', '.join(CHOICES[name])}"]
    if answers.choices.setdefault(name, chosen[0]) != chosen[0]:
        return [f"{name} is answered twice, '{answers.choices[name]}' and {shown}"]
    return []


def _text_add(answers: Answers, name: str, value: Any) -> None:
    text = value.get("text") if isinstance(value, Mapping) else None
    if text:
        answers.texts[name] = "\n".join(map(str, text)) if isinstance(text, list) else str(text)

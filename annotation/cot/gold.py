"""Checking a person against known answers. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from annotation.cot.labels import LabelInput
from annotation.cot.rules import Rules
from annotation.cot.steps import OPEN_KINDS, VALUES, StepKind
from annotation.cot.wording import listing
from annotation.cot.wording import wording as _

VERDICTS = ("correct", "incorrect")


def answer_errors(answers: Mapping[str, str]) -> str | None:
    """Why ``answers`` (kind -> true value or verdict) cannot be gold, or None."""
    if not answers:
        return _("gold needs at least one known answer")
    for key, value in answers.items():
        if key not in {str(int(kind)) for kind in StepKind}:
            return _("'%(key)s' is not a step", key=key)
        kind = StepKind(int(key))
        allowed = VERDICTS if kind in OPEN_KINDS else VALUES[kind]
        if value not in allowed:
            return _(
                "step %(kind)s must be one of %(those)s",
                kind=int(key),
                those=listing(allowed),
            )
    return None


def answers_conflict(answers: Mapping[str, str], rules: Rules) -> str | None:
    """A sentence when the gold values of steps 3-5 contradict the rules table."""
    category, attribute, tier = (answers.get(key, "") for key in "345")
    return rules.conflict(category, attribute, tier)


def label_answers(labels: Sequence[LabelInput]) -> dict[str, str]:
    """What a person judged, in the form of gold answers; "unsure" has no answer."""
    given = {}
    for label in labels:
        text = label.verdict if label.kind in OPEN_KINDS else label.value
        if label.verdict in VERDICTS and text:
            given[str(label.kind)] = text
    return given


def wrong_kinds(answers: Mapping[str, str], given: Mapping[str, str]) -> list[int]:
    """The gold steps that were answered otherwise, as unsure, or not at all."""
    return sorted(int(key) for key, value in answers.items() if given.get(key) != value)


def score_of(answers: Mapping[str, str], wrong: Sequence[int]) -> float:
    """Share of the gold steps answered right, 0..1."""
    return 1 - len(wrong) / len(answers)

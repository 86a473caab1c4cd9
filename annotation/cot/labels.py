"""What makes a set of step labels acceptable. Pure; the page and the API see the same rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from annotation.cot.attributes import AttributeMark, marks_problem
from annotation.cot.rules import Rules
from annotation.cot.steps import CLAIM_KEYS, OPEN_KINDS, VALUES, StepKind
from annotation.cot.wording import listing
from annotation.cot.wording import wording as _

Verdict = Literal["correct", "incorrect", "unsure"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


@dataclass(frozen=True, slots=True)
class LabelInput:
    """One judged step. ``comment_start``/``comment_end`` are offsets into the step's text."""

    kind: int
    verdict: str
    value: str = ""
    reason: str = ""
    comment: str = ""
    comment_start: int | None = None
    comment_end: int | None = None
    active_ms: int = 0
    hint_shown: bool = False
    attributes: tuple[AttributeMark, ...] = ()  # step 4: the asked ones that were marked


@dataclass(frozen=True, slots=True)
class JudgedStep:
    """What the rollout says at this step; ``claimed`` is "" for steps 1-2."""

    claimed: str
    length: int  # characters


def with_implied_value(label: LabelInput, step: JudgedStep | None) -> LabelInput:
    """A structured step that is called correct has the claimed value."""
    implied = label.verdict == "correct" and not label.value and step and step.claimed
    return replace(label, value=step.claimed) if implied and step else label


def label_errors(
    labels: Sequence[LabelInput],
    kinds: Sequence[int],
    steps: Mapping[int, JudgedStep],
    *,
    first_error_only: bool = False,
) -> dict[int, str]:
    """Kind -> what is wrong with its label; empty when all is well. 0 is the whole form.

    ``kinds`` are the steps the item asks about; a kind absent from ``steps`` is missing from
    the text. With ``first_error_only`` the steps after the first incorrect one stay unmarked.
    """
    if not labels:
        return {0: _("judge at least one step")}
    errors: dict[int, str] = {}
    seen: set[int] = set()
    wrong = [label.kind for label in labels if label.verdict == "incorrect"]
    last = min(wrong, default=5) if first_error_only else 5
    for label in labels:
        if label.kind in seen:
            errors[label.kind] = _("judged twice")
        elif label.kind not in kinds:
            errors[label.kind] = _("this item does not ask about this step")
        elif label.kind > last:
            errors[label.kind] = _(
                "leave it unmarked: step %(kind)s is the first error", kind=last
            )
        elif problem := _problem(label, steps.get(label.kind)):
            errors[label.kind] = problem
        seen.add(label.kind)
    return errors


def rule_warning(labels: Sequence[LabelInput], rules: Rules) -> str | None:
    """A sentence when the true values of steps 3-5 contradict the rules table."""
    values = {label.kind: label.value for label in labels}
    return rules.conflict(
        values.get(StepKind.CATEGORY, ""),
        values.get(StepKind.ATTRIBUTE, ""),
        values.get(StepKind.FINAL, ""),
    )


def _problem(label: LabelInput, step: JudgedStep | None) -> str | None:
    if label.verdict not in VERDICTS:
        return _("choose correct, incorrect or unsure")
    if label.attributes and label.kind != StepKind.ATTRIBUTE:
        return _("only step 4 has attributes")
    if problem := marks_problem(label.attributes):
        return problem
    if label.verdict == "unsure" and not label.reason.strip():
        return _("say why you are unsure")
    if step is None and label.verdict == "correct":
        return _("this step is missing from the text, so it cannot be correct")
    kind = StepKind(label.kind)
    if kind in OPEN_KINDS:
        return _("this step has no value") if label.value else _span_problem(label, step)
    return _value_problem(label, kind, step) or _span_problem(label, step)


def _value_problem(label: LabelInput, kind: StepKind, step: JudgedStep | None) -> str | None:
    name, allowed = CLAIM_KEYS[kind], VALUES[kind]
    if not label.value:
        return None if label.verdict == "unsure" else _("choose the true %(name)s", name=name)
    if label.value not in allowed:
        return _("%(name)s must be one of %(those)s", name=name, those=listing(allowed))
    # "incorrect" with the claimed value: the reasoning is wrong, what it comes to is right.
    if label.verdict == "correct" and step is not None and label.value != step.claimed:
        return _(
            "you chose %(name)s %(value)s, but the text says %(claimed)s: incorrect",
            name=name,
            value=label.value,
            claimed=step.claimed,
        )
    return None


def _span_problem(label: LabelInput, step: JudgedStep | None) -> str | None:
    start, end = label.comment_start, label.comment_end
    if start is None and end is None:
        return None
    if start is None or end is None or step is None or not 0 <= start < end <= step.length:
        return _("the marked text is not part of this step")
    return None if label.comment.strip() else _("write the comment for the marked text")

"""What one step card shows: text lines with offsets, the claim, the options and their keys."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from annotation.cot.attributes import STATES, asked_attributes, marks_of
from annotation.cot.quotes import QuotableLine, Quote, product_lines, quote_of
from annotation.cot.step_names import NAMES, VALUE_NAMES
from annotation.cot.steps import CLAIM_KEYS, STRUCTURED_KINDS, VALUES, StepKind
from annotation.labelling.claims import ShownProduct, ShownStep
from annotation.labelling.hints import attribute_hint
from annotation.models import Product, Step

VERDICTS = (("correct", "1", _("correct")), ("incorrect", "2", _("incorrect")),
            ("unsure", "3", _("unsure")))  # fmt: skip
VALUE_KEYS = "qwer"
STATE_NAMES: dict[str, Promise] = {
    "match": _("match"), "mismatch": _("mismatch"), "unknown": _("unknown"),
    "not_asked": _("not asked"),
}  # fmt: skip
STATE_KEYS = "ynxz"


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    start: int  # offset into the step's text
    claim: bool = False
    source: Quote | None = None  # what it quotes of the product


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    name: str | Promise
    key: str
    claimed: bool = False
    checked: bool = False


@dataclass(frozen=True, slots=True)
class AttributeRow:
    name: str
    states: list[Option]

    @property
    def state(self) -> str:
        return next((option.value for option in self.states if option.checked), "")


@dataclass(slots=True)
class Card:
    kind: int
    name: Promise
    judged: bool
    missing: bool
    claim: str
    lines: list[Line]
    verdicts: list[Option]
    values: list[Option]
    verdict: str = ""
    value: str = ""
    reason: str = ""
    comment: str = ""
    comment_start: int | None = None
    comment_end: int | None = None
    quote: str = ""  # what the comment is on
    hint: str = ""  # what the attributes say against the value
    error: str = ""
    agreed: bool = False  # adjudication: decided without a lead
    unanimous: bool = False  # ... because everybody own_lines the same
    votes: list[Any] = field(default_factory=list)
    attributes: list[AttributeRow] = field(default_factory=list)
    flags: list[Any] = field(default_factory=list)

    @property
    def structured(self) -> bool:
        return self.kind in STRUCTURED_KINDS


def cards_of(
    rows: Iterable[Step | ShownStep],
    product: Product | ShownProduct,
    kinds: Collection[int],
    answers: Mapping[str, Mapping[str, Any]],
    errors: Mapping[int, str] | None = None,
) -> list[Card]:
    """One card a step kind, in the order 1..5. ``kinds`` are to be judged; ``answers`` is a
    draft, kind to fields."""
    steps = {step.kind: step for step in rows}
    own_lines = product_lines(
        product.title, product.category_path, product.attributes, product.description
    )
    cards = [
        _card(kind, steps.get(kind), _draft_of(answers, kind), own_lines, judged=kind in kinds)
        for kind in StepKind
        if kind in steps or kind in kinds
    ]
    for card in cards:
        if card.kind == StepKind.ATTRIBUTE and card.judged:
            card.attributes = _attributes(steps, _draft_of(answers, card.kind))
            states = [row.state for row in card.attributes]
            card.hint = attribute_hint(states, chosen=card.value, claim=card.claim)
        card.error = (errors or {}).get(card.kind, "")
    return cards


def _draft_of(answers: Mapping[str, Mapping[str, Any]], kind: int) -> Mapping[str, Any]:
    return answers.get(str(int(kind)), {})


def _attributes(
    steps: Mapping[int, Step | ShownStep], was: Mapping[str, Any]
) -> list[AttributeRow]:
    """The asked attributes by the rollout, then those that the person added."""
    texts = [steps[k].text if k in steps else "" for k in (StepKind.QUERY, StepKind.ATTRIBUTE)]
    requested = asked_attributes(*texts)
    marked = {mark.name: mark.state for mark in marks_of(was.get("attributes"))}
    return [
        AttributeRow(name, mark_options(marked.get(name, "")))
        for name in dict.fromkeys([*requested, *marked])
    ]


def answer_words(answer: object) -> list[str | Promise]:
    """One step of a draft in words, as far as there is something to say."""
    if not isinstance(answer, Mapping):
        return []
    verdicts = {value: name for value, _key, name in VERDICTS}
    verdict, value, reason, comment = (
        str(answer.get(name) or "") for name in ("verdict", "value", "reason", "comment")
    )
    marks = marks_of(answer.get("attributes"))
    words = [
        verdicts.get(verdict, verdict),
        VALUE_NAMES.get(value, value),
        *(f"{mark.name}: {STATE_NAMES.get(mark.state, mark.state)}" for mark in marks),
        reason,
        comment,
    ]
    return [word for word in words if word]


def mark_options(chosen: str = "") -> list[Option]:
    return [
        Option(state, STATE_NAMES[state], key, checked=state == chosen)
        for state, key in zip(STATES, STATE_KEYS, strict=True)
    ]


def lines_of(text: str) -> list[Line]:
    """The lines under the heading with their offsets in ``text``; the claim line is marked."""
    lines, offset = [], 0
    for raw in text.splitlines(keepends=True):
        line = raw.rstrip("\r\n")
        if line.strip() and not line.startswith("## "):
            lines.append(Line(line, offset, _is_claim(line)))
        offset += len(raw)
    return lines


def _beside_product(
    lines: Iterable[Line], kind: StepKind, product: Sequence[QuotableLine]
) -> list[Line]:
    """Each line with what it quotes. Step 1 is about the query."""
    if kind is StepKind.QUERY:
        return list(lines)
    plain = kind is StepKind.ITEM
    return [replace(line, source=quote_of(line.text, product, plain=plain)) for line in lines]


def _is_claim(line: str) -> bool:
    key, colon, value = line.partition(":")
    kinds = [kind for kind, name in CLAIM_KEYS.items() if name == key.strip().lower()]
    return bool(colon and kinds and value.strip().lower() in VALUES[kinds[0]])


def _card(
    kind: StepKind,
    step: Step | ShownStep | None,
    was: Mapping[str, Any],
    product: Sequence[QuotableLine],
    *,
    judged: bool,
) -> Card:
    verdict, value = str(was.get("verdict", "")), str(was.get("value", ""))
    claim, text = (step.value, step.text) if step else ("", "")
    start, end = was.get("comment_start"), was.get("comment_end")
    return Card(
        kind=int(kind),
        name=NAMES[kind],
        judged=judged,
        missing=step is None,
        claim=claim,
        lines=_beside_product(lines_of(text), kind, product),
        verdicts=_verdicts(verdict, missing=step is None),
        values=[
            Option(v, VALUE_NAMES[v], key, claimed=v == claim, checked=v == value)
            for v, key in zip(VALUES.get(kind, ()), VALUE_KEYS, strict=False)
        ],
        verdict=verdict,
        value=value,
        reason=str(was.get("reason", "")),
        comment=str(was.get("comment", "")),
        comment_start=start,
        comment_end=end,
        quote=text[start:end] if start is not None else "",
    )


def _verdicts(chosen: str, *, missing: bool) -> list[Option]:
    """A step that is missing from the text cannot be correct."""
    return [
        Option(value, name, key, checked=value == chosen)
        for value, key, name in VERDICTS
        if not (missing and value == "correct")
    ]

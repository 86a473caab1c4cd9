"""The five-step chain of thought: its kinds, its text format, and a strict parser.

A CoT is five sections in one line-oriented format. Every section starts with its
heading on a line of its own; structured steps end with one claim line::

    ## 1 query analysis
    free text, one observation a line
    ## 2 item analysis
    free text
    ## 3 category match
    evidence lines
    category: match | related | mismatch
    ## 4 attribute match
    evidence lines
    attribute: all | partial | none | not_requested
    ## 5 final judgment
    evidence lines
    tier: 4 | 3 | 2 | 1

``answer_last`` (SHE) is the order above; ``answer_first`` (TaoSR1, AGRL) puts section 5
before section 1. Pure: no Django, no torch.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

Layout = Literal["answer_last", "answer_first"]
LAYOUTS: tuple[Layout, ...] = ("answer_last", "answer_first")


class StepKind(IntEnum):
    QUERY = 1
    ITEM = 2
    CATEGORY = 3
    ATTRIBUTE = 4
    FINAL = 5


OPEN_KINDS = (StepKind.QUERY, StepKind.ITEM)
STRUCTURED_KINDS = (StepKind.CATEGORY, StepKind.ATTRIBUTE, StepKind.FINAL)

HEADINGS: dict[StepKind, str] = {
    StepKind.QUERY: "## 1 query analysis",
    StepKind.ITEM: "## 2 item analysis",
    StepKind.CATEGORY: "## 3 category match",
    StepKind.ATTRIBUTE: "## 4 attribute match",
    StepKind.FINAL: "## 5 final judgment",
}

CLAIM_KEYS: dict[StepKind, str] = {
    StepKind.CATEGORY: "category",
    StepKind.ATTRIBUTE: "attribute",
    StepKind.FINAL: "tier",
}

VALUES: dict[StepKind, tuple[str, ...]] = {
    StepKind.CATEGORY: ("match", "related", "mismatch"),
    StepKind.ATTRIBUTE: ("all", "partial", "none", "not_requested"),
    StepKind.FINAL: ("4", "3", "2", "1"),
}

TIER_NAMES = {"4": "Excellent", "3": "Related", "2": "Mismatch", "1": "Irrelevant"}

ParseCode = Literal[
    "empty", "missing_heading", "wrong_order", "text_before_first_step",
    "empty_step", "missing_claim", "unknown_value",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class ParsedStep:
    """One section. ``start``/``end`` are character offsets into the CoT text, end exclusive,
    heading included; ``body`` is the text under the heading, stripped."""

    kind: StepKind
    body: str
    start: int
    end: int
    value: str | None  # the claimed value for kinds 3-5, None for open kinds


class CotParseError(ValueError):
    """The text is not a five-step CoT. ``line`` counts from 1; ``code`` is stable."""

    def __init__(self, code: ParseCode, message: str, line: int) -> None:
        super().__init__(f"line {line}: {message}")
        self.code = code
        self.line = line


def layout_order(layout: Layout) -> tuple[StepKind, ...]:
    """The order in which sections appear in the text."""
    kinds = tuple(StepKind)
    return kinds if layout == "answer_last" else (StepKind.FINAL, *kinds[:-1])


_HEADING_LINE = re.compile(r"^(## [1-5] [a-z ]+?)[ \t]*$", re.MULTILINE)
_KIND_OF = {heading: kind for kind, heading in HEADINGS.items()}


def parse(text: str, layout: Layout = "answer_last") -> list[ParsedStep]:
    """Parse a CoT into exactly five steps in the order of the text.

    Raises:
        CotParseError: with the first defect found.
    """
    if not text.strip():
        raise CotParseError("empty", "the text is empty", 1)
    marks = _marks(text)
    if marks and text[: marks[0].start()].strip():
        raise CotParseError("text_before_first_step", "text before the first step", 1)
    order = layout_order(layout)
    _check_order(text, [(_KIND_OF[m.group(1)], m.start()) for m in marks], order)
    ends = [m.start() for m in marks[1:]] + [len(text)]
    return [
        _section(text, kind, mark, end)
        for kind, mark, end in zip(order, marks, ends, strict=True)
    ]


def parse_partial(text: str) -> list[ParsedStep]:
    """The well-formed sections of a malformed CoT, each kind at most once, in text order.

    Used to show and to reward what can be read; never raises.
    """
    marks = _marks(text)
    if not marks:
        return []
    ends = [m.start() for m in marks[1:]] + [len(text)]
    found: dict[StepKind, ParsedStep] = {}
    for mark, end in zip(marks, ends, strict=True):
        kind = _KIND_OF[mark.group(1)]
        try:
            found.setdefault(kind, _section(text, kind, mark, end))
        except CotParseError:
            continue
    return sorted(found.values(), key=lambda step: step.start)


def headings(text: str) -> list[tuple[StepKind, int]]:
    """Every known heading with the offset it starts at, in text order, repeats included."""
    return [(_KIND_OF[mark.group(1)], mark.start()) for mark in _marks(text)]


def render(bodies: dict[StepKind, str], layout: Layout = "answer_last") -> str:
    """The inverse of :func:`parse`: five bodies to one CoT text, newline-terminated."""
    return "".join(f"{HEADINGS[k]}\n{bodies[k].strip()}\n" for k in layout_order(layout))


def step_sha256(context: str, prefix: list[str]) -> str:
    """Normalised prefix hash: sha256 over ``context`` and steps 1..k, whitespace collapsed.

    A human verdict on step k serves every rollout that shares the hash (design section 4).
    """
    normal = "\n".join(" ".join(part.split()).lower() for part in (context, *prefix))
    return hashlib.sha256(normal.encode()).hexdigest()


def _marks(text: str) -> list[re.Match[str]]:
    return [m for m in _HEADING_LINE.finditer(text) if m.group(1) in _KIND_OF]


def _check_order(
    text: str, found: list[tuple[StepKind, int]], order: tuple[StepKind, ...]
) -> None:
    for index, expected in enumerate(order):
        if index >= len(found):
            line = text.count("\n") + 1
            raise CotParseError("missing_heading", f"missing '{HEADINGS[expected]}'", line)
        kind, start = found[index]
        if kind is not expected:
            line = text.count("\n", 0, start) + 1
            message = f"expected '{HEADINGS[expected]}', found '{HEADINGS[kind]}'"
            raise CotParseError("wrong_order", message, line)
    if len(found) > len(order):
        line = text.count("\n", 0, found[len(order)][1]) + 1
        raise CotParseError("wrong_order", "a heading is repeated after the last step", line)


def _section(text: str, kind: StepKind, mark: re.Match[str], end: int) -> ParsedStep:
    body = text[mark.end() : end].strip()
    line = text.count("\n", 0, mark.start()) + 1
    if not body:
        raise CotParseError("empty_step", f"'{HEADINGS[kind]}' has no text", line)
    stop = mark.end() + len(text[mark.end() : end].rstrip())
    return ParsedStep(kind, body, mark.start(), stop, _claim(kind, body, line))


def _claim(kind: StepKind, body: str, line: int) -> str | None:
    if kind in OPEN_KINDS:
        return None
    key = CLAIM_KEYS[kind]
    last = body.splitlines()[-1].strip()
    name, colon, value = last.partition(":")
    if not colon or name.strip().lower() != key:
        raise CotParseError("missing_claim", f"step {kind} must end with '{key}: ...'", line)
    value = value.strip().lower()
    if value not in VALUES[kind]:
        allowed = ", ".join(VALUES[kind])
        raise CotParseError("unknown_value", f"{key} '{value}' is not one of {allowed}", line)
    return value

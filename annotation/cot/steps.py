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

A claim stands once in its step, and no line of a body is a heading or a verdict: those are the
reviewer's to write. Line ends of any kind and a byte order mark are read.

``answer_last`` (SHE) is the order above; ``answer_first`` (TaoSR1, AGRL) puts section 5
before section 1. Pure: no Django, no torch.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal, NamedTuple

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

ParseCode = Literal[
    "empty", "missing_heading", "wrong_order", "text_before_first_step",
    "empty_step", "missing_claim", "unknown_value", "repeated_claim", "reviewer_line", "cut",
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


_KIND_OF = {heading: kind for kind, heading in HEADINGS.items()}
_REVIEWER = re.compile(
    r"[\W_]*(?:review\s+step\b|verdict[\W_]*[:\uff1a])|[^\w#]*##+\s*\w"
    # the critique that stands before a verdict (training/rl/reward_model/model.py)
    r"|\s*(?:(?:category|attribute|tier)(?: \w+){2,3} )?(?:same|different)\s*$",
    re.IGNORECASE,
)


class _Mark(NamedTuple):
    """A heading's line: its kind, where it starts and where it ends."""

    kind: StepKind
    start: int
    end: int


def normalised(text: str) -> str:
    """What is stored of a text: no byte order mark, and ``\\n`` ends a line."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def folded(text: str) -> str:
    """What texts are compared by: blanks collapsed, in lower case."""
    return " ".join(text.split()).lower()


def speaks_as_reviewer(line: str) -> bool:
    """Whether a line of a step's body is one that only stands around it: a heading of any
    kind, a whole critique or a verdict. A reward model reads these as its own words."""
    return _REVIEWER.match(line) is not None


def parse(text: str, layout: Layout = "answer_last", *, cut: bool = False) -> list[ParsedStep]:
    """Parse a CoT into exactly five steps in the order of the text. ``cut``: the token budget
    ended it and not its writer, so nobody knows what the last word would have been.

    Raises:
        CotParseError: with the first defect found.
    """
    text = _plain(text)
    if not text.strip():
        raise CotParseError("empty", "the text is empty", 1)
    marks = _marks(text)
    if marks and text[: marks[0].start].strip():
        raise CotParseError("text_before_first_step", "text before the first step", 1)
    order = layout_order(layout)
    _check_order(text, marks, order)
    steps = [_section(text, mark, end) for mark, end in _extents(text, marks)]
    if cut:
        line = text.count("\n") + 1
        raise CotParseError("cut", "the token budget ended the text", line)
    return steps


def parse_partial(text: str) -> list[ParsedStep]:
    """The well-formed sections of a malformed CoT, in text order.

    A kind that is there twice is not there: which one is meant is unknown. Used to show and to
    reward what can be read; never raises.
    """
    text = _plain(text)
    marks = _marks(text)
    counts = Counter(mark.kind for mark in marks)
    steps = []
    for mark, end in _extents(text, marks):
        if counts[mark.kind] == 1:
            with suppress(CotParseError):
                steps.append(_section(text, mark, end))
    return steps


def headings(text: str) -> list[tuple[StepKind, int]]:
    """Every known heading with the offset it starts at, in text order, repeats included."""
    return [(mark.kind, mark.start) for mark in _marks(_plain(text))]


def render(bodies: dict[StepKind, str], layout: Layout = "answer_last") -> str:
    """The inverse of :func:`parse`: five bodies to one CoT text, newline-terminated."""
    return "".join(f"{HEADINGS[k]}\n{bodies[k].strip()}\n" for k in layout_order(layout))


def step_sha256(context: str, prefix: list[str]) -> str:
    """sha256 over ``context`` and the texts of ``prefix``, normalised: what a human verdict on
    an open step is kept by (design section 4)."""
    normal = "\n".join(folded(part) for part in (context, *prefix))
    return hashlib.sha256(normal.encode()).hexdigest()


def step_hashes(
    context: str, text: str, steps: Iterable[ParsedStep], *, chained: bool = False
) -> Mapping[StepKind, str]:
    """:func:`step_sha256` of each step of ``text``; ``steps`` in the order of the text.

    ``context`` is the content hash of the pair, which covers query and product. An open step is
    judged against these facts, so its own words are all that it is known by; a structured one
    concludes from what stands before it. ``chained``: an open one with what stands before it,
    too, as in releases before truth.json version 3 (docs/decisions/0023).
    """
    before: list[str] = []
    hashes = {}
    for step in steps:
        own = text[step.start : step.end]
        before.append(own)
        alone = step.kind in OPEN_KINDS and not chained
        hashes[step.kind] = step_sha256(context, [own] if alone else before)
    return hashes


def _plain(text: str) -> str:
    """``text`` with a line feed for every other line end and for a byte order mark, as long as
    it was, so that offsets point into ``text``."""
    if "\r" in text:
        text = text.replace("\r\n", " \n").replace("\r", "\n")
    return "\n" + text[1:] if text.startswith("\ufeff") else text


def _marks(text: str) -> list[_Mark]:
    # line by line: a pattern that may stop anywhere in a line is tried anywhere in it
    marks, start = [], 0
    for line in text.split("\n"):
        if line.startswith("## "):
            kind = _KIND_OF.get(line.rstrip(" \t"))
            if kind is not None:
                marks.append(_Mark(kind, start, start + len(line)))
        start += len(line) + 1
    return marks


def _extents(text: str, marks: Sequence[_Mark]) -> Iterable[tuple[_Mark, int]]:
    """Each section's heading, and where the section ends."""
    return zip(marks, [*(mark.start for mark in marks[1:]), len(text)], strict=False)


def _check_order(text: str, marks: Sequence[_Mark], order: tuple[StepKind, ...]) -> None:
    for index, expected in enumerate(order):
        if index >= len(marks):
            line = text.count("\n") + 1
            raise CotParseError("missing_heading", f"missing '{HEADINGS[expected]}'", line)
        kind, start, _ = marks[index]
        if kind is not expected:
            message = f"expected '{HEADINGS[expected]}', found '{HEADINGS[kind]}'"
            raise CotParseError("wrong_order", message, _line_of(text, start))
    if len(marks) > len(order):
        line = _line_of(text, marks[len(order)].start)
        raise CotParseError("wrong_order", "a heading is repeated after the last step", line)


def _section(text: str, mark: _Mark, end: int) -> ParsedStep:
    under = text[mark.end : end]
    body = under.strip()
    line = _line_of(text, mark.start)
    if not body:
        raise CotParseError("empty_step", f"'{HEADINGS[mark.kind]}' has no text", line)
    for number, spoken in enumerate(under.split("\n")):
        if speaks_as_reviewer(spoken):
            message = f"'{spoken.strip()[:40]}' is for the reviewer to write"
            raise CotParseError("reviewer_line", message, line + number)
    stop = mark.end + len(under.rstrip())
    return ParsedStep(mark.kind, body, mark.start, stop, _claim(mark.kind, body, line))


def _line_of(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


def _claim(kind: StepKind, body: str, line: int) -> str | None:
    if kind in OPEN_KINDS:
        return None
    key, lines = CLAIM_KEYS[kind], body.split("\n")
    value = _claimed(key, lines[-1])
    if value is None:
        raise CotParseError("missing_claim", f"step {kind} must end with '{key}: ...'", line)
    if value not in VALUES[kind]:
        allowed = ", ".join(VALUES[kind])
        raise CotParseError(
            "unknown_value", f"{key} '{value[:40]}' is not one of {allowed}", line
        )
    if any(_claimed(key, other) in VALUES[kind] for other in lines[:-1]):
        raise CotParseError("repeated_claim", f"step {kind} claims '{key}' twice", line)
    return value


def _claimed(key: str, line: str) -> str | None:
    name, colon, value = line.partition(":")
    return value.strip().lower() if colon and name.strip().lower() == key else None

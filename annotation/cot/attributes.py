"""Step 4 attribute by attribute: what the query asks for, the marks, the value they come to.

Pure. An attribute that the product does not state is not met, in either direction, because
nobody can check it; one that the query does not ask for does not count.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal, get_args

from annotation.cot.storable import storable
from annotation.cot.wording import listing
from annotation.cot.wording import wording as _

State = Literal["match", "mismatch", "unknown", "not_asked"]
STATES: tuple[State, ...] = get_args(State)
MAX_MARKS = 20
MAX_NAME = 100

# Lines of step 1 that say what kind of query or product it is, not which attribute.
_NO_ATTRIBUTE = frozenset({"type", "want", "wants", "query", "intent", "product", "category"})
_OVERALL = "attribute"  # step 4's claim line
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class AttributeMark:
    """A person's word on one asked attribute; ``state`` is one of :data:`STATES`."""

    name: str
    state: str


def asked_attributes(query_step: str, attribute_step: str) -> list[str]:
    """The names of the attributes in question: ``name: finding`` lines of step 4, then those of
    step 1 that step 4 passes over, as ``name value``.

    Both are step texts; headings and claim lines are skipped. A name occurs once.
    """
    names: dict[str, str] = {}
    for name, _value in _pairs(attribute_step):
        if name.lower() != _OVERALL:
            names.setdefault(name.lower(), name)
    covered = [_words(name) for name in names.values()]
    for key, value in _pairs(query_step):
        if key.lower() in _NO_ATTRIBUTE or any(
            _words(key) <= words or _words(value) <= words for words in covered
        ):
            continue
        name = f"{key} {value}"[:MAX_NAME].strip()
        names.setdefault(name.lower(), name)
    return list(names.values())[:MAX_MARKS]


def overall(marks: Sequence[AttributeMark]) -> str:
    """Step 4's value by its attributes: ``all``, ``partial``, ``none`` or ``not_requested``."""
    counted = [mark for mark in marks if mark.state != "not_asked"]
    met = sum(mark.state == "match" for mark in counted)
    if not counted:
        return "not_requested"
    if met == len(counted):
        return "all"
    return "partial" if met else "none"


def still_possible(states: Sequence[str]) -> set[str]:
    """Step 4's values that the rows can still come to; a row that is not marked is ""."""
    marks = [AttributeMark("", state) for state in states if state]
    rest = min(len(states) - len(marks), 2)  # two more rows reach every value that many do
    return {
        overall([*marks, *(AttributeMark("", state) for state in more)])
        for more in product(STATES, repeat=rest)
    }


def marks_problem(marks: Sequence[AttributeMark]) -> str | None:
    """What is wrong with the marks as a whole, or None."""
    if len(marks) > MAX_MARKS:
        return _("mark at most %(n)s attributes", n=MAX_MARKS)
    names = [mark.name.strip().lower() for mark in marks]
    if not all(names) or any(len(name) > MAX_NAME for name in names):
        return _("an attribute's name must have 1 to %(n)s characters", n=MAX_NAME)
    if len(set(names)) < len(names):
        return _("an attribute is marked twice")
    if any(mark.state not in STATES for mark in marks):
        return _("mark an attribute as one of %(those)s", those=listing(STATES))
    return None


def marks_of(raw: object) -> tuple[AttributeMark, ...]:
    """Marks from a draft or a stored label; what is not a mark is left out."""
    rows = raw if isinstance(raw, list) else []
    return tuple(
        AttributeMark(str(row["name"]), str(row["state"]))
        for row in rows
        if isinstance(row, Mapping) and row.get("name") and row.get("state")
    )


def marks_json(marks: Sequence[AttributeMark]) -> list[dict[str, Any]]:
    """The inverse of :func:`marks_of`, in text that can be stored."""
    return [{"name": storable(mark.name.strip()), "state": mark.state} for mark in marks]


def _pairs(step: str) -> list[tuple[str, str]]:
    pairs = []
    for line in step.splitlines():
        name, colon, value = line.partition(":")
        if colon and value.strip() and _words(name) and not line.startswith("## "):
            pairs.append((" ".join(name.split())[:MAX_NAME], " ".join(value.split())))
    return pairs


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower()))

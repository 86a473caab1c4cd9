"""Silver category and attribute values by word overlap, for data that has tiers alone. Pure.

The rule: the query's head is its last word that is not a number; the others are modifiers.
Category: ``match`` when the head is in the product's type (or, without a type, in its title),
``related`` when it is only elsewhere in title or description, else ``mismatch``. Attribute:
``not_requested`` without modifiers, else ``all``, ``partial`` or ``none`` of them found in
title, attributes or description. It is a weak signal and is stored as such, never as gold.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")


def silver_values(
    query: str, *, title: str, kind: str, attributes: Iterable[tuple[str, str]], rest: str
) -> dict[str, str]:
    """{"3": category, "4": attribute}; empty when the query has no words.

    ``kind`` is the product type's name ("" unknown), ``rest`` further text.
    """
    words = _words(query)
    if not words:
        return {}
    head = next((word for word in reversed(words) if not word.isdigit()), words[-1])
    modifiers = [word for word in words if word != head]
    in_title = set(_words(title))
    known = in_title | set(_words(rest)) | set(_words(kind))
    category = "match" if head in (set(_words(kind)) or in_title) else "mismatch"
    if category == "mismatch" and head in known:
        category = "related"
    for name, value in attributes:
        known |= set(_words(name)) | set(_words(value))
    return {"3": category, "4": _attribute(modifiers, known)}


def _attribute(modifiers: list[str], known: set[str]) -> str:
    if not modifiers:
        return "not_requested"
    matched = sum(word in known for word in modifiers)
    return "all" if matched == len(modifiers) else "partial" if matched else "none"


def _words(text: str) -> list[str]:
    return [_stem(word) for word in _WORD.findall(text.lower())]


def _stem(word: str) -> str:
    """Plurals alone: batteries -> battery, cases -> case, speakers -> speaker."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us")):
        return word[:-1]
    return word

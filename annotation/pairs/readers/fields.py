"""One field of a record as text, or what is wrong with it. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

LISTS = (list, tuple)
_EXACT = 2**53  # from here on a float is not the number that was written


class BadField(ValueError):
    """A field is wrong; the message is for the person who made the file."""


def clean(value: Any) -> str:
    """Any scalar as trimmed text; lists are joined, None and NaN are ""."""
    if type(value) is str:  # nearly all of them, and a file has millions
        return value.strip()
    if value is None or is_nan(value):
        return ""
    if isinstance(value, bytes):  # what is not UTF-8 becomes surrogates, which no row may hold
        return value.decode(errors="surrogateescape").strip()
    if isinstance(value, LISTS):
        return ", ".join(clean(part) for part in value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value).strip()


def text_of(name: str, value: Any) -> str:
    """As :func:`clean`, of what is a text or a number."""
    if type(value) is str:
        return value.strip()
    if isinstance(value, Mapping | list | tuple):
        what = "an object" if isinstance(value, Mapping) else "a list"
        raise BadField(f"{name} is {what}; it must be a text")
    if isinstance(value, float) and abs(value) >= _EXACT:
        raise BadField(f"{name} is a number or a date too large to be exact; write it as text")
    return clean(value)


def texts_of(name: str, value: Any) -> str:
    """As :func:`clean`, also of a list of such."""
    if isinstance(value, LISTS):
        return ", ".join(text_of(f"a part of {name}", part) for part in value)
    return text_of(name, value)


def is_nan(value: Any) -> bool:
    return isinstance(value, float) and value != value

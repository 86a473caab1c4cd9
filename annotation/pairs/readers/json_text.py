"""JSON objects, read exactly: no number rounded, no key twice, no bottomless nesting. Pure."""

from __future__ import annotations

import json
from typing import Any

import orjson

MAX_DEPTH = 32

_PLAIN = {str, int, bool, type(None)}


class BadJson(ValueError):
    """What is wrong, in words for the person who made the file."""


def json_value(data: bytes) -> Any:
    """As the standard library reads it; orjson is faster where it reads the same.

    Raises:
        BadJson: not JSON, not UTF-8, a key twice, or nested too deeply.
    """
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        return _exact(data)
    if type(value) is dict and _PLAIN.issuperset(map(type, value.values())):
        keys = len(value)
    else:
        keys = key_count(value)
    # Every key that was written has its own '":', unless there is a space between.
    spaced = b" :" in data or b"\t:" in data or b"\r:" in data
    return value if data.count(b'":') == keys and not spaced else _exact(data)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadJson(f"the key '{twice[:40]}' is there twice")
    return value


def _integer(digits: str) -> int:
    try:
        return int(digits)
    except ValueError as error:  # Python's own bound, against numbers that take hours to read
        raise BadJson(
            f"a number of {len(digits)} digits cannot be read; write it as text, in quotes"
        ) from error


# The standard library's, with our words where it would drop a key or knows its own only.
EXACT = json.JSONDecoder(object_pairs_hook=_unique, parse_int=_integer)


def key_count(value: Any, depth: int = 0) -> int:
    """The keys of all objects in it, -1 if a number may be rounded: orjson makes a float of an
    integer that has more than 64 bits.

    Raises:
        BadJson: nested too deeply.
    """
    if isinstance(value, float):
        return -1 if abs(value) >= 2**63 else 0
    if not isinstance(value, dict | list):
        return 0
    if depth == MAX_DEPTH:
        raise BadJson(f"nested more than {MAX_DEPTH} levels deep")
    keys = len(value) if isinstance(value, dict) else 0
    for part in value.values() if isinstance(value, dict) else value:
        if type(part) in _PLAIN:  # nearly all of them
            continue
        count = key_count(part, depth + 1)
        if count < 0:
            return -1
        keys += count
    return keys


def _exact(data: bytes) -> Any:
    try:
        # Files with a mark each may have been put together.
        value = EXACT.decode(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadJson(f"not UTF-8 at byte {error.start + 1}: save it as UTF-8") from error
    except json.JSONDecodeError as error:
        raise BadJson(f"not JSON: {error.msg} at column {error.colno}") from error
    except RecursionError as error:
        raise BadJson("not JSON: nested too deeply") from error
    key_count(value)
    return value

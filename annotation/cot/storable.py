"""Text that PostgreSQL can hold: UTF-8 without NUL. Pure."""

from __future__ import annotations

import json
from typing import Any

_REPLACEMENT = "\ufffd"


def storable(text: str) -> str:
    """Replace NUL and lone surrogates by U+FFFD; offsets stay the same."""
    if "\x00" in text:
        text = text.replace("\x00", _REPLACEMENT)
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join(_REPLACEMENT if "\ud800" <= c <= "\udfff" else c for c in text)
    return text


def storable_json(value: Any) -> bool:
    """Whether jsonb takes it: no NaN or infinity, which Python's reader makes of 1e999, no NUL
    and no lone surrogate."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        text.encode()
    except ValueError:
        return False
    return "\\u0000" not in text

"""A record however deep as path -> value, so that traces are mapped as a table is. Pure.

``{"outputs": {"messages": [{"content": "..."}]}}`` has the path ``outputs.messages.0.content``;
the last of several is also ``outputs.messages.last.content``. A text that is JSON, as traces
have it in CSV and Parquet, is opened like any other part and stays under its own path.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from annotation.pairs.readers.fields import LISTS
from annotation.pairs.readers.json_text import EXACT, BadJson

MAX_PATHS = 500
_MAX_PARTS, _MAX_DEPTH = 20, 12


def flat(record: Mapping[str, Any]) -> dict[str, Any]:
    """Path -> text, number or None; of what is too deep or too long the beginning."""
    made: dict[str, Any] = {}
    for name, value in record.items():
        _spread(made, str(name), value, 0)
    return made


def _spread(made: dict[str, Any], path: str, value: Any, depth: int) -> None:
    if len(made) >= MAX_PATHS or depth > _MAX_DEPTH:
        return
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        made.setdefault(path, value)
        value = _opened(value)
    if isinstance(value, Mapping):
        for name, part in value.items():
            _spread(made, f"{path}.{name}", part, depth + 1)
    elif isinstance(value, LISTS):
        for number, part in enumerate(value[:_MAX_PARTS]):
            _spread(made, f"{path}.{number}", part, depth + 1)
        if len(value) > 1:
            _spread(made, f"{path}.last", value[-1], depth + 1)
    else:
        made.setdefault(path, value)


def _opened(text: str) -> Any:
    try:
        return EXACT.decode(text.strip())
    except (BadJson, ValueError, RecursionError):
        return text

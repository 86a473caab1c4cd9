"""One row of an import, checked field by field. Pure."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from operator import le
from typing import Any

from annotation.errors import Invalid
from annotation.splits import SPLITS
from annotation.steps import VALUES, StepKind

QUERY_TYPES = ("general", "negation", "alternatives", "qa", "knowledge")
MAX_TEXT = 100_000  # characters a field
MAX_ATTRIBUTES = 500

VALUE_COLUMNS: dict[str, StepKind] = {
    "category_match": StepKind.CATEGORY,
    "attribute_match": StepKind.ATTRIBUTE,
    "tier": StepKind.FINAL,
}


Columns = tuple[tuple[str, str, tuple[str, ...]], ...]
_LISTS = (list, tuple)
_GOLD: Columns = tuple((c, str(int(k)), VALUES[k]) for c, k in VALUE_COLUMNS.items())
_SILVER: Columns = tuple((f"silver_{c}", kind, allowed) for c, kind, allowed in _GOLD)
_LIMITS = {
    "query": MAX_TEXT, "title": MAX_TEXT, "product_id": 200, "description": MAX_TEXT,
    "image_url": 2000, "locale": 16, "category_path": MAX_TEXT,
}  # fmt: skip
_TEXTS = (*list(_LIMITS)[:-1], "query_type", "split")
_COLUMNS = (*_TEXTS, "category_path", "attributes")  # the last two may be lists
_strip = str.strip
_VALUE_NAMES = frozenset(name for name, _, _ in _GOLD + _SILVER)


class ImportFileError(Invalid):
    """The file as a whole cannot be read; no row was."""


@dataclass(slots=True)  # frozen would treble the time of making one, and a file has millions
class PairRow:
    """A query-product pair. ``gold`` and ``silver`` map step kinds as text to values."""

    line: int  # from 1, as an editor shows it; the row number in Parquet
    query: str
    title: str
    product_id: str = ""
    category_path: str = ""
    attributes: list[tuple[str, str]] = field(default_factory=list)
    description: str = ""
    image_url: str = ""
    query_type: str = ""
    locale: str = "en"
    split: str = ""  # "" = by query hash
    gold: dict[str, str] = field(default_factory=dict)
    silver: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RowError:
    line: int
    message: str


Row = PairRow | RowError
Rows = Generator[Row, None, None]


class _Bad(ValueError):
    """A field is wrong; the message is for the person who made the file."""


def row_of(line: int, record: Mapping[str, Any]) -> Row:
    """A record by column name; unknown columns are ignored."""
    try:
        return _row(line, record)
    except _Bad as error:
        return RowError(line, str(error))


def _row(line: int, record: Mapping[str, Any]) -> PairRow:
    get = record.get
    try:
        texts: list[Any] = [_strip(get(name, "")) for name in _COLUMNS]
    except TypeError:  # not all of it is text, as it nearly always is
        texts = [*(clean(get(name)) for name in _TEXTS), *map(get, _COLUMNS[-2:])]
    query, title, product_id, description, image_url, locale, kind, split, levels, pairs = texts
    if not query or not title:
        raise _Bad(f"no {'title' if query else 'query'}")
    category_path = _category(levels)
    attributes = attributes_of(pairs)
    _storable([*texts[:6], category_path], attributes)
    valued = not _VALUE_NAMES.isdisjoint(record)
    return PairRow(  # by position: names would take five times as long
        line,
        query,
        title,
        product_id,
        category_path,
        attributes,
        description,
        image_url,
        _choice("query_type", kind, QUERY_TYPES),
        locale or "en",
        _choice("split", split, SPLITS),
        _values(record, _GOLD) if valued else {},
        _values(record, _SILVER) if valued else {},
    )


def attributes_of(value: Any) -> list[tuple[str, str]]:
    """An object, a list of pairs, JSON of either, or ``name:value|name:value``; in order."""
    if isinstance(value, str):
        text = value.strip()
        if text[:1] not in ("{", "["):
            return _written_pairs(text)
        value = _json_attributes(text)
    if value is None:
        return []
    pairs = list(value.items()) if isinstance(value, Mapping) else value
    if not isinstance(pairs, list):
        raise _Bad("attributes must be an object, or name:value|name:value")
    if len(pairs) > MAX_ATTRIBUTES:
        raise _Bad(f"more than {MAX_ATTRIBUTES} attributes")
    found = []
    for pair in pairs:
        if not isinstance(pair, _LISTS) or len(pair) != 2:
            raise _Bad("attributes must be name and value pairs")
        name, text = clean(pair[0]), clean(pair[1])
        if name and text:
            found.append((name, text))
    return found


def clean(value: Any) -> str:
    """Any scalar as trimmed text; lists are joined, None is ""."""
    if type(value) is str:  # nearly all of them, and a file has millions
        return value.strip()
    if value is None:
        return ""
    if isinstance(value, _LISTS):
        return ", ".join(clean(part) for part in value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value).strip()


def _json_attributes(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _Bad("attributes look like JSON but are not") from error


def _written_pairs(text: str) -> list[tuple[str, str]]:
    """``name:value|name:value``."""
    parts = text.split("|")
    if len(parts) > MAX_ATTRIBUTES:
        raise _Bad(f"more than {MAX_ATTRIBUTES} attributes")
    found = []
    for part in parts:
        name, colon, value = part.partition(":")
        name, value = name.strip(), value.strip()
        if name and value:
            found.append((name, value))
        elif not colon and name:
            raise _Bad(f"attribute '{name[:40]}' has no colon")
    return found


def _storable(texts: list[str], attributes: list[tuple[str, str]]) -> None:
    """All texts as one, since nearly all rows are right; only then which of them is wrong."""
    whole = "".join(chain(texts, *attributes))
    if all(map(le, map(len, texts), _LIMITS.values())) and not _defect(whole):
        return
    for (name, limit), text in zip(_LIMITS.items(), texts, strict=True):
        if len(text) > limit:
            raise _Bad(f"{name} is longer than {limit} characters")
        if found := _defect(text):
            raise _Bad(f"{name} {found}")
    if found := _defect("".join(part for pair in attributes for part in pair)):
        raise _Bad(f"attributes {found}")


def _defect(text: str) -> str:
    """Why PostgreSQL cannot hold it, or ""."""
    if "\x00" in text:
        return "contains a NUL character"
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:  # half of a surrogate pair
            return "is not UTF-8"
    return ""


def _category(value: Any) -> str:
    if isinstance(value, _LISTS):
        levels = map(clean, value)
    else:
        levels = map(str.strip, clean(value).split(" > "))
    return " > ".join(filter(None, levels))


def _choice(name: str, text: str, allowed: tuple[str, ...]) -> str:
    if not text or text in allowed:
        return text
    if (lower := text.lower()) not in allowed:
        raise _Bad(f"{name} '{lower[:40]}' is not one of {', '.join(allowed)}")
    return lower


def _values(record: Mapping[str, Any], columns: Columns) -> dict[str, str]:
    found = {}
    for column, kind, allowed in columns:
        if value := _choice(column, clean(record.get(column)), allowed):
            found[kind] = value
    return found

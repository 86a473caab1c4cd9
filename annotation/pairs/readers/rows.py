"""One row of an import, checked field by field. Pure."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from operator import le
from typing import Any

from annotation.cot.errors import Invalid
from annotation.cot.links import web_link
from annotation.cot.splits import SPLITS, normal_query
from annotation.cot.steps import VALUES, StepKind
from annotation.pairs.readers.fields import LISTS, BadField, clean, is_nan, text_of, texts_of
from annotation.pairs.readers.json_text import EXACT, BadJson

QUERY_TYPES = ("general", "negation", "alternatives", "qa", "knowledge")
MAX_TEXT = 100_000  # characters a field
MAX_ATTRIBUTES = 500

VALUE_COLUMNS: dict[str, StepKind] = {
    "category_match": StepKind.CATEGORY,
    "attribute_match": StepKind.ATTRIBUTE,
    "tier": StepKind.FINAL,
}


Columns = tuple[tuple[str, str, tuple[str, ...]], ...]
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
COLUMNS = frozenset(_COLUMNS) | _VALUE_NAMES  # what a row is made of
_NAME_AND_VALUE = {"name", "value"}


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


def row_of(
    line: int, record: Mapping[str, Any], more_attributes: Sequence[tuple[str, Any]] = ()
) -> Row:
    """A record by column name; unknown columns are ignored."""
    try:
        return _row(line, record, more_attributes)
    except BadField as error:
        return RowError(line, str(error))


def _row(line: int, record: Mapping[str, Any], more: Sequence[tuple[str, Any]]) -> PairRow:
    get = record.get
    try:
        texts = [_strip(get(name, "")) for name in _TEXTS]
    except TypeError:  # not all of it is text, as it nearly always is
        texts = [text_of(name, get(name)) for name in _TEXTS]
    query, title, product_id, description, image_url, locale, kind, split = texts
    if not _seen(query) or not _seen(title):
        raise BadField(f"the {'title' if _seen(query) else 'query'} is missing")
    category_path = _category(get("category_path"))
    attributes = attributes_of(get("attributes"))
    if more:
        attributes = attributes_of([*attributes, *more])
    _storable([*texts[:6], category_path], attributes)
    if image_url and not web_link(image_url):
        raise BadField(
            f"image_url '{image_url[:40]}' is no link that begins with http:// or https://"
        )
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
    """An object, a list of pairs or of {name, value}, JSON of either, or
    ``name:value|name:value``; in order."""
    if isinstance(value, bytes):
        value = clean(value)
    if isinstance(value, str):
        text = value.strip()
        if text[:1] not in ("{", "["):
            return _written_pairs(text)
        value = _json_attributes(text)
    if value is None or is_nan(value):
        return []
    pairs = list(value.items()) if isinstance(value, Mapping) else value
    if not isinstance(pairs, list):
        raise BadField("attributes must be an object, or name:value|name:value")
    if len(pairs) > MAX_ATTRIBUTES:
        raise BadField(f"more than {MAX_ATTRIBUTES} attributes")
    try:  # of an object nearly all are texts; anything else can be taken apart by mistake
        named = [(_strip(n), _strip(v)) for n, v in pairs] if pairs is not value else None
    except TypeError:
        named = None
    return [pair for pair in named or map(_attribute, pairs) if all(pair)]


def _attribute(pair: Any) -> tuple[str, str]:
    if isinstance(pair, Mapping) and pair.keys() == _NAME_AND_VALUE:
        pair = (pair["name"], pair["value"])
    if not isinstance(pair, LISTS) or len(pair) != 2:
        raise BadField("attributes must be name and value pairs")
    name = text_of("an attribute's name", pair[0])
    return name, texts_of(f"attribute '{name[:40]}'", pair[1])


def _seen(text: str) -> bool:
    """Whether there is anything to see."""
    return bool(text) and (text.isascii() or normal_query(text) != "")


def _json_attributes(text: str) -> Any:
    try:
        return EXACT.decode(text)
    except BadJson as error:
        raise BadField(f"attributes: {error}") from error
    except (ValueError, RecursionError) as error:
        raise BadField("attributes look like JSON but are not") from error


def _written_pairs(text: str) -> list[tuple[str, str]]:
    """``name:value|name:value``."""
    parts = text.split("|")
    if len(parts) > MAX_ATTRIBUTES:
        raise BadField(f"more than {MAX_ATTRIBUTES} attributes")
    pairs = []
    for part in parts:
        name, colon, value = part.partition(":")
        name, value = name.strip(), value.strip()
        if name and value:
            pairs.append((name, value))
        elif not colon and name:
            raise BadField(f"attribute '{name[:40]}' has no colon")
    return pairs


def _storable(texts: list[str], attributes: list[tuple[str, str]]) -> None:
    """All texts as one, since nearly all rows are right; only then which of them is wrong."""
    whole = "".join(chain(texts, *attributes))
    if all(map(le, map(len, texts), _LIMITS.values())) and not text_defect(whole):
        return
    for (name, limit), text in zip(_LIMITS.items(), texts, strict=True):
        if len(text) > limit:
            raise BadField(f"{name} is longer than {limit} characters")
        if defect := text_defect(text):
            raise BadField(f"{name} {defect}")
    if defect := text_defect("".join(part for pair in attributes for part in pair)):
        raise BadField(f"attributes {defect}")


def text_defect(text: str) -> str:
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
    if isinstance(value, LISTS):
        levels = [text_of("a level of category_path", level) for level in value]
    else:
        levels = [level.strip() for level in text_of("category_path", value).split(" > ")]
    return " > ".join(filter(None, levels))


def _choice(name: str, text: str, allowed: tuple[str, ...]) -> str:
    if not text or text in allowed:
        return text
    if (lower := text.lower()) not in allowed:
        raise BadField(f"{name} '{lower[:40]}' is not one of {', '.join(allowed)}")
    return lower


def _values(record: Mapping[str, Any], columns: Columns) -> dict[str, str]:
    values = {}
    for column, kind, allowed in columns:
        if column not in record:
            continue
        text = text_of(column, record[column])
        if text not in allowed:  # a column with gaps: pandas writes 4 as 4.0, and nan
            text = "" if text.lower() == "nan" else text.removesuffix(".0")
        if value := _choice(column, text, allowed):
            values[kind] = value
    return values

"""Which part of a record is the pair's key and which the chain of thought: a person's choice as
data, checked in one place. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from annotation.cot.steps import (
    LAYOUTS,
    CotParseError,
    Layout,
    StepKind,
    normalised,
    parse,
    render,
)
from annotation.cot.wording import wording as _
from annotation.pairs.readers.cot_text import claimed, parts_by_heading, text_after
from annotation.pairs.readers.fields import BadField, text_of
from annotation.pairs.readers.mapping import name_of, object_of
from annotation.pairs.readers.rows import MAX_TEXT, ImportFileError, text_defect
from annotation.pairs.readers.scale import TIERS, grade_of

KEY = ("query", "product_id", "title", "locale", "query_type", "product_sha256")
TEXT = "text"
STEPS = tuple(f"step_{int(kind)}" for kind in StepKind)
CLAIMS = {
    "category_match": StepKind.CATEGORY,
    "attribute_match": StepKind.ATTRIBUTE,
    "tier": StepKind.FINAL,
}
PROMPT = "prompt"
FIELDS = (*KEY, TEXT, *STEPS, *CLAIMS, "layout", PROMPT)
MARKED = ("query", "product_id", "title")  # what may stand in a prompt, behind a word
_OTHERS = ("headings", "after", "tiers")


@dataclass(slots=True)
class CotRow:
    """A chain of thought and whose it is. ``text`` is its own, or ``parts`` are to be written
    in the project's layout. ``layout`` "" is the one in which it parses."""

    line: int
    query: str
    product_id: str = ""
    title: str = ""
    locale: str = ""
    query_type: str = ""
    product_sha256: str = ""
    text: str = ""
    parts: dict[StepKind, str] = field(default_factory=dict)
    layout: str = ""

    def written(self, project: Layout) -> tuple[str, Layout]:
        """The text as it is stored, and its layout: the one that the row names; of parts the
        project's, of a text the one in which it parses."""
        named = next((layout for layout in LAYOUTS if layout == self.layout), None)
        if self.parts:
            layout = named or project
            bodies = {kind: self.parts.get(kind, "") for kind in StepKind}
            return normalised(render(bodies, layout)), layout
        text = normalised(self.text)
        return text, named or _parsing(text, project)


@dataclass(frozen=True, slots=True)
class CotMapping:
    """``columns``: field -> path of a record (:mod:`annotation.pairs.readers.flat`).
    ``headings`` of the five parts of a free text; ``after``: field -> the word in the prompt
    that it stands behind; ``tiers``: grade -> tier."""

    columns: Mapping[str, str]
    headings: tuple[str, ...] = ()
    after: Mapping[str, str] = field(default_factory=dict)
    tiers: Mapping[str, str] = field(default_factory=dict)

    @property
    def used(self) -> frozenset[str]:
        return frozenset(self.columns.values())

    def row(self, line: int, flat: Mapping[str, Any]) -> CotRow | None:
        """None where the record has no part of it: a trace is full of other things.

        Raises:
            BadField: it has some of it and no key, or no text.
        """
        got = {name: flat.get(path) for name, path in self.columns.items()}
        if not any(value not in (None, "") for value in got.values()):
            return None
        query, product, title, locale, kind, snapshot = (self._key(name, got) for name in KEY)
        row = CotRow(line, query, product, title, locale, kind, snapshot)
        row.layout = text_of("layout", got.get("layout"))
        if row.layout not in ("", *LAYOUTS):
            raise BadField(f"layout '{row.layout[:40]}' is none of {', '.join(LAYOUTS)}")
        self._fill(row, got)
        _check(row)
        return row

    def _key(self, name: str, got: Mapping[str, Any]) -> str:
        if name in self.after:
            prompt = got.get(PROMPT)
            return text_after(prompt if isinstance(prompt, str) else "", self.after[name])
        return text_of(name, got.get(name))

    def _fill(self, row: CotRow, got: Mapping[str, Any]) -> None:
        written = _written(TEXT, got.get(TEXT))
        parts = (
            parts_by_heading(written, self.headings)
            if self.headings
            else {
                kind: text
                for kind, name in zip(StepKind, STEPS, strict=True)
                if (text := _written(name, got.get(name)).strip())
            }
        )
        if parts:
            row.parts = claimed(
                parts, {kind: self._claim(n, got) for n, kind in CLAIMS.items()}
            )
        else:  # one that its headings do not take apart stays as it is, for people to see
            row.text = written

    def _claim(self, name: str, got: Mapping[str, Any]) -> str:
        value = text_of(name, got.get(name))
        if name != "tier" or not value:
            return value.lower()
        grade = grade_of(value)
        return self.tiers.get(grade.casefold()) or grade


def parse_cot_mapping(text: str | Mapping[str, Any]) -> CotMapping:
    """Of JSON like ``{"query": "inputs.query", "product_id": "inputs.sku", "text":
    "outputs.content", "headings": ["Query", "Item", "Category", "Attributes", "Verdict"]}``.

    Raises:
        ImportFileError: it is not like that; the message names the part.
    """
    told = object_of(
        text, (*FIELDS, *_OTHERS), _("it must be an object of field and path"), _refused
    )
    made = CotMapping(
        {name: name_of(name, told[name], _refused) for name in FIELDS if told.get(name)},
        _headings(told.get("headings") or []),
        _after(told.get("after") or {}),
        _tiers(told.get("tiers") or {}),
    )
    _mapping_check(made)
    return made


def own_columns(flat: Mapping[str, Any]) -> CotMapping:
    """By our own names, those that the record has: the five steps, else the text."""
    names = [name for name in FIELDS if flat.get(name) not in (None, "") and name != PROMPT]
    if TEXT in names:
        names = [name for name in names if name not in (*STEPS, *CLAIMS)]
    return CotMapping({name: name for name in names})


def _parsing(text: str, first: Layout) -> Layout:
    """The layout in which the text parses, the ``first`` where none does."""
    for layout in sorted(LAYOUTS, key=lambda each: each != first):
        try:
            parse(text, layout)
        except CotParseError:
            continue
        return layout
    return first


def _check(row: CotRow) -> None:
    for name, text in (
        ("the key", row.query + row.product_id + row.title),
        (TEXT, _whole_text(row)),
    ):
        if defect := text_defect(text):
            raise BadField(f"{name} {defect}")
    if not row.query:
        raise BadField("the query is missing")
    if not row.product_id and not row.title:
        raise BadField("the product is missing: its product_id or its title")
    if not _whole_text(row).strip():
        raise BadField("the chain of thought is missing")


def _whole_text(row: CotRow) -> str:
    return "".join(row.parts.values()) if row.parts else row.text


def _written(name: str, value: Any) -> str:
    """As it was written, blanks and all."""
    text = value if isinstance(value, str) else text_of(name, value)
    if len(text) > MAX_TEXT:
        raise BadField(f"{name} is longer than {MAX_TEXT} characters")
    return text


def _refused(reason: str) -> ImportFileError:
    return ImportFileError(_("parts: %(reason)s", reason=reason))


def _mapping_check(mapping: CotMapping) -> None:
    columns, after = mapping.columns, mapping.after
    if after and PROMPT not in columns:
        raise _refused(_("after needs a column that is the prompt"))
    if "query" not in columns and "query" not in after:
        raise _refused(_("no column is the query"))
    if not {"product_id", "title"} & {*columns, *after}:
        raise _refused(_("no column is the product_id or the title"))
    steps = [name for name in STEPS if name in columns]
    if not steps and TEXT not in columns:
        raise _refused(_("no column is the text or its five steps"))
    if steps and TEXT in columns:
        raise _refused(_("choose one column of the whole text or those of its steps, not both"))
    if mapping.headings and TEXT not in columns:
        raise _refused(_("headings need a column that is the text"))


def _headings(value: Any) -> tuple[str, ...]:
    texts = isinstance(value, list) and all(
        isinstance(one, str) and one.strip() for one in value
    )
    if not texts or (value and len({one.strip().casefold() for one in value}) != len(StepKind)):
        raise _refused(_("headings must be a list of five different texts"))
    return tuple(one.strip() for one in value)


def _after(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping) or not set(value) <= set(MARKED):
        known = ", ".join(MARKED)
        raise _refused(_("after must be an object of %(those)s and a word", those=known))
    return {name: name_of(name, word, _refused) for name, word in value.items()}


def _tiers(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping) or not {*map(str, value.values())} <= {*TIERS, ""}:
        known = ", ".join(TIERS)
        raise _refused(_("tiers must be an object of grade and one of %(those)s", those=known))
    return {grade_of(str(grade)).casefold(): str(tier) for grade, tier in value.items()}

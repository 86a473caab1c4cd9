"""Which column of a file is what: a person's choice as data, checked in one place. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median_low
from typing import Any

from annotation.cot.wording import wording as _
from annotation.pairs.readers.fields import LISTS, BadField, clean, text_of
from annotation.pairs.readers.rows import ImportFileError, attributes_of
from annotation.pairs.readers.scale import TIERS, grade_of

# What one column can be; "attributes" is a column whose text names several.
FIELDS = (
    "query", "title", "product_id", "category_path", "attributes", "description", "image_url",
    "tier", "category_match", "attribute_match", "query_type", "locale", "split",
)  # fmt: skip
NEEDED = ("query", "title")
SUBMITTED = "submitted"  # the state of an answer in Argilla's export that counts
_OTHERS = ("attribute_columns", "raters", "tiers", "default_locale")
_LEVELS = re.compile(r"\s*[>›»|]\s*|\s+/\s+")
_LOCALE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*").fullmatch
MAX_COLUMNS = 500
Refused = Callable[[str], ImportFileError]  # of a reason


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """``columns``: field -> column. Each of ``attribute_columns`` is an attribute by its own
    name; ``raters`` are grades of several people; ``tiers``: grade -> tier, "" for none."""

    columns: Mapping[str, str]
    attribute_columns: tuple[str, ...] = ()
    raters: tuple[str, ...] = ()
    tiers: Mapping[str, str] = field(default_factory=dict)
    default_locale: str = ""

    @property
    def used(self) -> frozenset[str]:
        return frozenset((*self.columns.values(), *self.attribute_columns, *self.raters))

    def record(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """A row of the file under our own names.

        Raises:
            BadField: a grade without a tier, or attributes that are none.
        """
        made: dict[str, Any] = {name: row.get(column) for name, column in self.columns.items()}
        if not clean(made.get("locale")):
            made["locale"] = self.default_locale
        pairs = attributes_of(_named_values(made.get("attributes")))
        made["attributes"] = [
            *pairs,
            *((name, row.get(name)) for name in self.attribute_columns),
        ]
        if isinstance(levels := made.get("category_path"), str):
            made["category_path"] = [level for level in _LEVELS.split(levels) if level]
        if "tier" in self.columns:
            made["tier"] = self._tier(column := self.columns["tier"], row.get(column))
        return made | self._rated(row)

    def _rated(self, row: Mapping[str, Any]) -> dict[str, str]:
        """The tier on which all raters agree is gold; else their median is silver."""
        grades = [(c, grade) for c in self.raters for grade in _grades(c, row)]
        given = sorted(filter(None, (self._tier(*each) for each in grades)))
        if not given:
            return {}
        return {"tier" if len(set(given)) == 1 else "silver_tier": median_low(given)}

    def _tier(self, column: str, value: Any) -> str:
        grade = grade_of(text_of(column, value))
        if not grade or grade.lower() == "nan":
            return ""
        if (tier := self.tiers.get(grade.casefold())) is None:
            if not self.tiers and grade in TIERS:
                return grade
            raise BadField(f"{column} '{grade[:40]}' has no tier: say which one it means")
        return tier


def parse_mapping(text: str | Mapping[str, Any]) -> ColumnMapping:
    """Of JSON like ``{"query": "Suche", "title": "Artikel", "attribute_columns": ["Farbe"],
    "tier": "Note", "tiers": {"gut": "4"}, "default_locale": "de"}``.

    Raises:
        ImportFileError: it is not like that; the message names the part.
    """
    told = object_of(
        text, (*FIELDS, *_OTHERS), _("it must be an object of field and column"), _refused
    )
    columns = {name: name_of(name, told[name], _refused) for name in FIELDS if told.get(name)}
    made = ColumnMapping(
        columns,
        attribute_columns=_names("attribute_columns", told.get("attribute_columns") or []),
        raters=_names("raters", told.get("raters") or []),
        tiers=_tiers(told.get("tiers") or {}),
        default_locale=_locale(told.get("default_locale") or ""),
    )
    _check(made)
    return made


def object_of(
    text: str | Mapping[str, Any], names: Sequence[str], form: str, refused: Refused
) -> Mapping[str, Any]:
    """The object that JSON says, or that was given, with no other ``names`` than these;
    ``form`` says what it must be like.

    Raises:
        ImportFileError: it is not; as ``refused`` makes it.
    """
    if isinstance(text, str):
        try:
            text = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise refused(_("it is not JSON")) from error
    if not isinstance(text, Mapping):
        raise refused(form)
    if unknown := [name for name in text if name not in names]:
        those = ", ".join(names)
        raise refused(_("%(name)s is none of %(those)s", name=unknown[0][:40], those=those))
    return text


def name_of(what: str, value: Any, refused: Refused) -> str:
    if not isinstance(value, str) or not value.strip():
        raise refused(_("%(field)s must be the name of a column", field=what))
    return value.strip()


def mapping_text(mapping: Mapping[str, Any]) -> str:
    """As it is stored with an import."""
    return json.dumps(mapping, ensure_ascii=False)


def _grades(column: str, row: Mapping[str, Any]) -> list[Any]:
    """Of one rater, or of a list of several; of Argilla's those that were submitted."""
    value, states = row.get(column), row.get(f"{column}.status")
    if not isinstance(value, LISTS):
        return [value]
    if not isinstance(states, LISTS) or len(states) != len(value):
        return list(value)
    return [each for each, state in zip(value, states, strict=True) if state == SUBMITTED]


def _refused(reason: str) -> ImportFileError:
    return ImportFileError(_("mapping: %(reason)s", reason=reason))


def _check(mapping: ColumnMapping) -> None:
    for name in NEEDED:
        if name not in mapping.columns:
            raise _refused(_("no column is the %(field)s", field=name))
    if "tier" in mapping.columns and mapping.raters:
        raise _refused(_("choose the column of the tier or those of the raters, not both"))
    if mapping.tiers and not mapping.raters and "tier" not in mapping.columns:
        raise _refused(_("tiers are named, but no column is the tier or a rater's"))


def _names(what: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) > MAX_COLUMNS:
        raise _refused(_("%(field)s must be a list of columns", field=what))
    names = tuple(name_of(what, each, _refused) for each in value)
    if len(set(names)) < len(names):
        raise _refused(_("%(field)s has a column twice", field=what))
    return names


def _tiers(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise _refused(_("tiers must be an object of grade and tier"))
    tiers = {grade_of(str(grade)).casefold(): str(tier or "") for grade, tier in value.items()}
    if wrong := [tier for tier in tiers.values() if tier and tier not in TIERS]:
        known = ", ".join(TIERS)
        raise _refused(
            _("the tier %(tier)s is none of %(those)s", tier=wrong[0][:40], those=known)
        )
    return tiers


def _locale(value: Any) -> str:
    if not isinstance(value, str) or (value and (not _LOCALE(value) or len(value) > 16)):
        raise _refused(_("default_locale must be like en or zh-CN"))
    return value


def _named_values(value: Any) -> Any:
    """Text of ``name: value``, parted by lines, bars or semicolons; JSON stays as it is."""
    if not isinstance(value, str) or value.lstrip()[:1] in ("{", "["):
        return value
    pairs = []
    for part in _parts(value):
        name, colon, text = part.replace("：", ":").partition(":")
        if not colon or not name.strip():
            raise BadField(f"attributes: '{part.strip()[:60]}' is not name: value")
        pairs.append((name, text))
    return pairs


def _parts(text: str) -> list[str]:
    for mark in ("\n", "|", ";", "；"):
        parts = [part for part in text.split(mark) if part.strip()]
        if len(parts) > 1 and (mark in "\n|" or all(":" in p or "：" in p for p in parts)):
            return parts
    return [text] if text.strip() else []

"""How a person says what the columns of a file are: the choices of the form, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from annotation.cot.step_names import VALUE_NAMES
from annotation.models import ImportJob
from annotation.pairs.column_guess import (
    ATTRIBUTE,
    LEFT_OUT,
    RATER,
    locale_guess,
    mapping_of,
    meanings_guess,
    tiers_guess,
)
from annotation.pairs.formats import ENCODING, MAPPING, SCALE, format_named
from annotation.pairs.preview import FileColumn, FilePreview, encoding_guess, file_preview
from annotation.pairs.readers.mapping import mapping_text
from annotation.pairs.readers.scale import TIERS

MEANINGS: dict[str, Promise] = {
    LEFT_OUT: _("leave it out"),
    "query": _("the query: what a shopper typed"),
    "title": _("the product's title"),
    "product_id": _("the product's number"),
    "category_path": _("the category"),
    ATTRIBUTE: _("an attribute of this name"),
    "attributes": _("attributes in one text"),
    "description": _("the description"),
    "image_url": _("a link to a picture"),
    "tier": _("the grade: how well it fits"),
    RATER: _("one rater's grade"),
    "category_match": _("the category match (step 3)"),
    "attribute_match": _("the attribute match (step 4)"),
    "query_type": _("the kind of query"),
    "locale": _("the language"),
    "split": _("the split"),
}
TIER_NAMES = {tier: VALUE_NAMES[tier] for tier in sorted(TIERS, reverse=True)}
_TIER = "tier:"  # what a field of the form begins with, before the grade


@dataclass(frozen=True, slots=True)
class Choice:
    """A column with what it is taken for."""

    column: FileColumn
    meaning: str


@dataclass(frozen=True)
class Choices:
    """All that a person has chosen for the files of an import, or the first guess."""

    job: ImportJob
    preview: FilePreview
    meanings: Sequence[str]
    tiers: Mapping[str, str]
    locale: str
    split: str = ""
    told: Mapping[str, str] = field(default_factory=dict)
    encoding: str = ""

    @property
    def mapped(self) -> bool:
        return MAPPING in format_named(self.job.adapter).takes

    @property
    def rows(self) -> list[Choice]:
        return [Choice(*each) for each in zip(self.preview.columns, self.meanings, strict=True)]

    @cached_property
    def grades(self) -> list[tuple[str, str]]:
        """(grade, tier) of the columns that are grades."""
        names = dict.fromkeys(grade for column in self._graded for grade in column.grades)
        guessed = tiers_guess(list(names))
        return [(grade, self.tiers.get(grade, guessed[grade])) for grade in names]

    @property
    def many_grades(self) -> str:
        """The name of a column that is to be a grade and has too many values for one."""
        return next((c.name for c in self._graded if c.examples and not c.grades), "")

    @cached_property
    def options(self) -> dict[str, str]:
        """As an import keeps them."""
        made = {name: text for name, text in self.told.items() if text}
        if self.split:
            made["split"] = self.split
        if self.encoding:
            made[ENCODING.name] = self.encoding
        if self.mapped:
            tiers = dict(self.grades)
            mapping = mapping_of(self.preview.names, self.meanings, tiers, self.locale)
            made[MAPPING.name] = mapping_text(mapping)
        elif SCALE in format_named(self.job.adapter).takes and self.grades:
            made[SCALE.name] = ",".join(f"{g}={tier}" for g, tier in self.grades if tier)
        return made

    @property
    def _graded(self) -> list[FileColumn]:
        if not self.mapped:
            taken = format_named(self.job.adapter).takes
            graded = ("rating", "final_rating") if SCALE in taken else ()
            return [column for column in self.preview.columns if column.name in graded][:1]
        return [row.column for row in self.rows if row.meaning in ("tier", RATER)]


def choices_saved(job: ImportJob) -> Choices:
    """Those of the import, else what the columns are likely to be."""
    preview, encoding = _previewed(job)
    mapping: dict[str, Any] = json.loads(job.options.get(MAPPING.name) or "{}")
    meanings = _meanings(mapping, preview.names) if mapping else meanings_guess(preview.columns)
    return Choices(
        job,
        preview,
        meanings,
        mapping.get("tiers", {}),
        mapping.get("default_locale") or locale_guess(preview.columns, meanings),
        job.options.get("split", ""),
        _told(job, job.options),
        encoding,
    )


def choices_posted(job: ImportJob, post: Mapping[str, str]) -> Choices:
    preview, encoding = _previewed(job)
    meanings = [post.get(f"column-{at}", LEFT_OUT) for at in range(len(preview.columns))]
    return Choices(
        job,
        preview,
        [meaning if meaning in MEANINGS else LEFT_OUT for meaning in meanings],
        {name.removeprefix(_TIER): post[name] for name in post if name.startswith(_TIER)},
        post.get("locale", "").strip(),
        post.get("split", ""),
        _told(job, post),
        encoding,
    )


def _previewed(job: ImportJob) -> tuple[FilePreview, str]:
    """Read as what the import says, else as UTF-8, and where it is not that, by a guess, which
    the page shows beside what it makes of the text."""
    path, encoding = Path(job.path), job.options.get(ENCODING.name, "")
    preview = file_preview(path, encoding=encoding)
    if encoding or not preview.undecoded or path.is_dir():
        return preview, encoding
    if ENCODING not in format_named(job.adapter).takes:
        return preview, ""
    guessed = encoding_guess(path)
    return file_preview(path, encoding=guessed), guessed


def _told(job: ImportJob, given: Mapping[str, str]) -> dict[str, str]:
    """The options that are plain text."""
    own = (MAPPING.name, SCALE.name, ENCODING.name, "split")
    taken = format_named(job.adapter).takes
    return {o.name: given.get(o.name, "") for o in taken if not o.file and o.name not in own}


def _meanings(mapping: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    of_column = {
        column: field
        for field, column in mapping.items()
        if field in MEANINGS and isinstance(column, str)
    }
    of_column |= dict.fromkeys(mapping.get("attribute_columns", ()), ATTRIBUTE)
    of_column |= dict.fromkeys(mapping.get("raters", ()), RATER)
    return [of_column.get(name, LEFT_OUT) for name in names]

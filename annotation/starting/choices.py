"""How a person says what the columns of a file are: the choices of the form, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext
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
)
from annotation.pairs.formats import ENCODING, MAPPING, PARTS, SCALE, format_named
from annotation.pairs.preview import FileColumn
from annotation.pairs.readers.mapping import mapping_text
from annotation.pairs.readers.scale import TIERS
from annotation.starting.columns import ColumnChoices, meanings_posted, previewed, tiers_posted
from annotation.starting.cot_choices import cot_choices_posted, cot_choices_saved

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


@dataclass(frozen=True)
class PairChoices(ColumnChoices):
    """Those of a table of pairs; of another format's file its options alone."""

    locale: str = ""
    split: str = ""

    words: ClassVar[Mapping[str, Promise]] = MEANINGS
    graded: ClassVar[tuple[str, ...]] = ("tier", RATER)
    template: ClassVar[str] = "starting/_pair_choices.html"

    @property
    def mapped(self) -> bool:
        return MAPPING in format_named(self.job.adapter).takes

    @cached_property
    def options(self) -> dict[str, str]:
        made = self.plain_options
        if self.split:
            made["split"] = self.split
        if self.mapped:
            tiers = dict(self.grades)
            mapping = mapping_of(self.preview.names, self.meanings, tiers, self.locale)
            made[MAPPING.name] = mapping_text(mapping)
        elif SCALE in format_named(self.job.adapter).takes and self.grades:
            made[SCALE.name] = ",".join(f"{g}={tier}" for g, tier in self.grades if tier)
        return made

    @property
    def graded_columns(self) -> list[FileColumn]:
        if self.mapped:
            return super().graded_columns
        taken = format_named(self.job.adapter).takes
        names = ("rating", "final_rating") if SCALE in taken else ()
        return [column for column in self.preview.columns if column.name in names][:1]

    def missing(self) -> list[str]:
        if not self.mapped:
            return []
        return [
            words
            for field, words in (
                ("query", gettext("Say which column is the query: what a shopper typed.")),
                ("title", gettext("Say which column is the product's title.")),
            )
            if field not in self.meanings
        ]


def choices_saved(job: ImportJob) -> ColumnChoices:
    """Those of the import, else what the columns are likely to be."""
    if PARTS in format_named(job.adapter).takes:
        return cot_choices_saved(job)
    preview, encoding = previewed(job)
    mapping: dict[str, Any] = json.loads(job.options.get(MAPPING.name) or "{}")
    meanings = _meanings(mapping, preview.names) if mapping else meanings_guess(preview.columns)
    return PairChoices(
        job,
        preview,
        meanings,
        mapping.get("tiers", {}),
        encoding,
        _told(job, job.options),
        mapping.get("default_locale") or locale_guess(preview.columns, meanings),
        job.options.get("split", ""),
    )


def choices_posted(job: ImportJob, post: Mapping[str, str]) -> ColumnChoices:
    if PARTS in format_named(job.adapter).takes:
        return cot_choices_posted(job, post)
    preview, encoding = previewed(job)
    return PairChoices(
        job,
        preview,
        meanings_posted(preview, post, MEANINGS),
        tiers_posted(post),
        encoding,
        _told(job, post),
        post.get("locale", "").strip(),
        post.get("split", ""),
    )


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

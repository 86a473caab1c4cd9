"""How a person says which path of a file is the chain of thought, and whose it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotation.cot.step_names import NAMES
from annotation.cot.steps import StepKind
from annotation.models import ImportJob
from annotation.pairs.column_guess import LEFT_OUT
from annotation.pairs.cot_guess import parts_guess, tool_of
from annotation.pairs.formats import PARTS, WRITER
from annotation.pairs.readers.cot_mapping import MARKED, PROMPT, STEPS, TEXT
from annotation.starting.columns import ColumnChoices, meanings_posted, previewed, tiers_posted

PART_WORDS: dict[str, Promise] = {
    LEFT_OUT: gettext_lazy("leave it out"),
    "query": gettext_lazy("the query: what a shopper typed"),
    "product_id": gettext_lazy("the product's number"),
    "title": gettext_lazy("the product's title"),
    TEXT: gettext_lazy("the whole chain of thought"),
    **{f"step_{kind:d}": format_lazy("{}. {}", kind.value, NAMES[kind]) for kind in StepKind},
    "category_match": gettext_lazy("the category match (step 3)"),
    "attribute_match": gettext_lazy("the attribute match (step 4)"),
    "tier": gettext_lazy("the grade: how well it fits"),
    PROMPT: gettext_lazy("the prompt, with query and product in it"),
    "locale": gettext_lazy("the language"),
    "query_type": gettext_lazy("the kind of query"),
    "product_sha256": gettext_lazy("the product's snapshot"),
    "layout": gettext_lazy("the layout"),
}
_AFTER_WORDS: dict[str, Promise] = {
    "query": gettext_lazy("Query, behind the words"),
    "product_id": gettext_lazy("Product number, behind the words"),
    "title": gettext_lazy("Product title, behind the words"),
}


@dataclass(frozen=True)
class CotChoices(ColumnChoices):
    """``headings`` of the five parts, "" where the text has our own; ``after``: what stands in
    a prompt -> the words before it."""

    headings: tuple[str, ...] = ("",) * len(StepKind)
    after: Mapping[str, str] = field(default_factory=dict)

    words: ClassVar[Mapping[str, Promise]] = PART_WORDS
    template: ClassVar[str] = "starting/_cot_choices.html"

    @property
    def tool(self) -> str:
        return tool_of(self.preview.columns)

    @property
    def writer(self) -> str:
        return self.told.get(WRITER.name, "")

    @property
    def has_text(self) -> bool:
        return TEXT in self.meanings

    @property
    def has_prompt(self) -> bool:
        return PROMPT in self.meanings

    @property
    def heading_fields(self) -> list[tuple[str, Promise, str]]:
        kinds = zip(STEPS, StepKind, self.headings, strict=True)
        return [(f"heading:{name}", NAMES[kind], text) for name, kind, text in kinds]

    @property
    def after_fields(self) -> list[tuple[str, Promise, str]]:
        return [(f"after:{n}", _AFTER_WORDS[n], self.after.get(n, "")) for n in MARKED]

    @cached_property
    def options(self) -> dict[str, str]:
        return self.plain_options | {PARTS.name: json.dumps(self._parts(), ensure_ascii=False)}

    def _parts(self) -> dict[str, Any]:
        parts: dict[str, Any] = {}
        for name, meaning in zip(self.preview.names, self.meanings, strict=True):
            if meaning:
                parts.setdefault(meaning, name)
        if self.has_text and any(self.headings):
            parts["headings"] = list(self.headings)
        if self.has_prompt and (after := {n: word for n, word in self.after.items() if word}):
            parts["after"] = after
        if tiers := {grade: tier for grade, tier in self.grades if tier}:
            parts["tiers"] = tiers
        return parts

    def missing(self) -> list[str]:
        marked = {name for name, word in self.after.items() if word and self.has_prompt}
        known = {*self.meanings, *marked}
        made = []
        if "query" not in known:
            made.append(
                _("Say which column is the query, or what stands before it in a prompt.")
            )
        if not {"product_id", "title"} & known:
            made.append(_("Say which column is the product's number or its title."))
        if not {TEXT, *STEPS} & known:
            made.append(_("Say which column is the chain of thought, or which are its steps."))
        return made


def cot_choices_saved(job: ImportJob) -> CotChoices:
    preview, encoding = previewed(job, spread=True)
    parts: dict[str, Any] = json.loads(job.options.get(PARTS.name) or "{}")
    of_path = {path: name for name, path in parts.items() if name in PART_WORDS}
    meanings = [of_path.get(name, LEFT_OUT) for name in preview.names]
    return CotChoices(
        job,
        preview,
        meanings if parts else parts_guess(preview.columns),
        parts.get("tiers", {}),
        encoding,
        {WRITER.name: job.options.get(WRITER.name, "")},
        tuple(parts.get("headings") or [""] * len(StepKind)),
        parts.get("after", {}),
    )


def cot_choices_posted(job: ImportJob, post: Mapping[str, str]) -> CotChoices:
    preview, encoding = previewed(job, spread=True)
    return CotChoices(
        job,
        preview,
        meanings_posted(preview, post, PART_WORDS),
        tiers_posted(post),
        encoding,
        {WRITER.name: post.get(WRITER.name, "").strip()},
        tuple(post.get(f"heading:{name}", "").strip() for name in STEPS),
        {name: post.get(f"after:{name}", "").strip() for name in MARKED},
    )

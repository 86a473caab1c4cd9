"""The five steps of a pair, each claim with the product's line that it stands on."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from annotation.cot.quotes import QuotableLine
from annotation.cot.rules import Rules
from annotation.cot.steps import CLAIM_KEYS, Layout, StepKind, render, speaks_as_reviewer
from training.job.prompts import PairText
from training.rollouts.catalogue.asks import Phrase, read_query
from training.rollouts.catalogue.category import Category, category_of
from training.rollouts.catalogue.findings import Finding, findings
from training.rollouts.catalogue.lexicon import BRAND_NAMES
from training.rollouts.catalogue.words import words

WRITER = "catalogue writer"  # stands where a policy's name does
VERSION = "catalogue-2"  # of what it writes; stands where a prompt's version does
_KEYS = frozenset(CLAIM_KEYS.values())


@dataclass(frozen=True, slots=True)
class PairReading:
    """What the writer makes of a pair. ``among``: the query has further words, and the lines
    that name things have them."""

    thing: str
    category: Category
    among: bool
    findings: list[Finding]
    attribute: str


def catalogue_reading(
    pair: PairText, lines: Sequence[QuotableLine], brands: Collection[tuple[str, ...]] = ()
) -> PairReading:
    """``brands`` are those of the shop, as keys of words (:func:`brand_keys`)."""
    asks = read_query(pair.query, "\n".join(line.text for line in lines), brands)
    query_words = frozenset(word.key for word in words(pair.query))
    rest = findings(asks, lines, query_words)
    others = [finding for finding in rest if not _is_model(finding, asks.thing)]
    among = bool(others) and all(_strong(finding) for finding in others)
    category = category_of(asks.thing, lines, query_words, among=among)
    thing = asks.thing.text if asks.thing else pair.query
    return PairReading(_one_line(thing), category, among, rest, _overall(rest))


def catalogue_cot(
    pair: PairText,
    rules: Rules,
    *,
    query_type: str = "",
    layout: Layout = "answer_last",
    brands: Collection[tuple[str, ...]] = (),
) -> str:
    """A CoT that parses, whatever the query and the product say."""
    lines = pair.product_lines
    reading = catalogue_reading(pair, lines, brands)
    category, attribute, rest = reading.category, reading.attribute, reading.findings
    kind = _one_line(query_type)
    bodies = {
        StepKind.QUERY: [
            *([f"type: {kind}"] if kind else []),
            f"want: {reading.thing or 'nothing that can be read'}",
            *(f"asks: {_one_line(finding.asks)}" for finding in rest),
        ],
        StepKind.ITEM: _item(lines, [category, *rest]),
        StepKind.CATEGORY: _category(reading),
        StepKind.ATTRIBUTE: _attribute(reading),
        StepKind.FINAL: [
            f"category {category.value} and attribute {attribute}",
            f"tier: {rules.tiers[category.value, attribute]}",
        ],
    }
    return render({step: "\n".join(body) for step, body in bodies.items()}, layout)


def claim_lines(reading: PairReading) -> list[str]:
    """Steps 3 and 4 without their headings."""
    return [*_category(reading), *_attribute(reading)]


def brand_keys(brand: str) -> tuple[str, ...]:
    return tuple(word.key for word in words(brand))


def brands_named(
    catalogue: Iterable[Iterable[tuple[str, object]]],
) -> frozenset[tuple[str, ...]]:
    """The brands that the products' attributes name, as keys of words."""
    return frozenset(
        brand_keys(str(value))
        for attributes in catalogue
        for name, value in attributes
        if str(name).casefold() in BRAND_NAMES
    )


def quotes(text: str) -> list[str]:
    """What a CoT of this writer quotes: between the first and the last mark of each line."""
    parts = [line.split('"', 1)[1] for line in text.split("\n") if line.count('"') > 1]
    return [part.rpartition('"')[0] for part in parts]


def _is_model(finding: Finding, thing: Phrase | None) -> bool:
    """iphone 8 of iphone: it says nothing further of what the product is."""
    return thing is not None and finding.asks.startswith(thing.text)


def _strong(finding: Finding) -> bool:
    line = finding.line
    return finding.outcome == "met" and line is not None and line.field != "attribute"


def _overall(rest: Sequence[Finding]) -> str:
    met = sum(finding.outcome == "met" for finding in rest)
    if not rest:
        return "not_requested"
    return "all" if met == len(rest) else "partial" if met else "none"


def _item(lines: Sequence[QuotableLine], claims: Sequence[Category | Finding]) -> list[str]:
    """The title, then what every claim stands on, once."""
    quoted = [("title", line.quote()) for line in lines if line.field == "title"][:1]
    quoted += [(c.line.field, c.line.quote(c.start)) for c in claims if c.line]
    return [_quoted(field, quote) for field, quote in dict.fromkeys(quoted)] or ["no line"]


def _category(reading: PairReading) -> list[str]:
    category = reading.category
    claim = _claim(reading.thing, category.reason, category.quote)
    return [claim, f"category: {category.value}"]


def _attribute(reading: PairReading) -> list[str]:
    claims = [_claim(each.asks, each.outcome, each.quote) for each in reading.findings]
    return [
        *(claims or ["the query asks for nothing else"]),
        f"attribute: {reading.attribute}",
    ]


def _claim(about: str, outcome: str, quote: str) -> str:
    name = _one_line(about) or "the query"
    line = f"{name}: {outcome}"
    if speaks_as_reviewer(line) or name.lower() in _KEYS:
        line = f"the word {line}"
    return _quoted(line, quote) if quote else line


def _quoted(before: str, quote: str) -> str:
    return f'{before}: "{quote}"' if ":" not in before else f'{before}, "{quote}"'


def _one_line(text: str) -> str:
    """A name that no mark of ours cuts."""
    return " ".join(re.sub(r'[":]', " ", text).split())

"""What a product says to each ask: met, unmet or not stated, with the line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from annotation.cot.quotes import QuotableLine
from training.rollouts.catalogue.asks import Asks, Phrase
from training.rollouts.catalogue.evidence import Sighting, brand_line, sightings
from training.rollouts.catalogue.lexicon import NEGATION_CJK, NEGATIONS, NO, PRICE_NAMES, YES
from training.rollouts.catalogue.quantities import Bound, Quantity, price, quantities, stated
from training.rollouts.catalogue.words import places, words

Outcome = Literal["met", "unmet", "not stated"]
_NOT_CJK = re.compile(rf"(?:{NEGATION_CJK})$")
_STRONGEST = ("title", "category", "attribute", "description")


@dataclass(frozen=True, slots=True)
class Finding:
    """``quote`` is "" where no line of the product speaks on it."""

    asks: str
    outcome: Outcome
    quote: str = ""
    line: QuotableLine | None = None
    start: int = 0  # in the line: what the quote is about


def findings(
    asks: Asks, lines: Sequence[QuotableLine], query_words: frozenset[str]
) -> list[Finding]:
    """One an ask, in the order of the query's words and then of its quantities."""
    of_words = [_phrase(phrase, lines, query_words) for phrase in asks.phrases]
    return of_words + [_bound(bound, lines) for bound in asks.bounds]


def _phrase(
    phrase: Phrase, lines: Sequence[QuotableLine], query_words: frozenset[str]
) -> Finding:
    name = f"no {phrase.text}" if phrase.avoid else phrase.text
    rows = sorted(
        sightings(phrase, lines, query_words), key=lambda row: _STRONGEST.index(row.line.field)
    )
    for row in rows:
        denied = _denied(row)
        met = denied if phrase.avoid else not denied
        return Finding(name, "met" if met else "unmet", row.quote, row.line, row.start)
    for line in lines:  # an attribute of that name, with yes, no or a value
        if line.field == "attribute" and any(places(phrase.keys, words(line.name))):
            denied = line.value.strip().casefold() in NO
            met = denied if phrase.avoid else not denied
            if phrase.avoid and line.value.strip().casefold() not in NO | YES:
                continue
            return Finding(name, "met" if met else "unmet", line.quote(), line)
    return Finding(name, "not stated")


def _denied(row: Sighting) -> bool:
    """Whether the line says that it is not there: ``alcohol-free``, ``without alcohol``."""
    before, after = row.line.text[: row.start], row.line.text[row.start :]
    ahead, behind = words(before), words(after)
    return (
        bool(ahead and ahead[-1].key in NEGATIONS)
        or bool(len(behind) > 1 and behind[1].key == "free")
        or _NOT_CJK.search(before) is not None
    )


def _bound(bound: Bound, lines: Sequence[QuotableLine]) -> Finding:
    """Met where any line satisfies it; unmet by the first that could have."""
    unmet: QuotableLine | None = None
    for line in lines:
        for quantity in _quantities(line):
            if not bound.comparable(quantity):
                continue
            if bound.satisfied(quantity):
                start = quantity.start
                return Finding(bound.words, "met", line.quote(start), line, start)
            unmet = unmet or line
    if unmet is None:
        return Finding(bound.words, "not stated")
    return Finding(bound.words, "unmet", unmet.quote(), unmet)


def _quantities(line: QuotableLine) -> list[Quantity]:
    if line.field != "attribute":
        return list(quantities(line.text))
    made = list(stated(line.name, line.value))
    bare = price(line.value) if line.name.casefold().startswith(PRICE_NAMES) else None
    return made or ([bare] if bare else [])


def brand_of(lines: Sequence[QuotableLine]) -> tuple[tuple[str, ...], QuotableLine] | None:
    """The product's brand as keys of words, and its line."""
    line = brand_line(lines)
    keys = tuple(word.key for word in words(line.value)) if line else ()
    return (keys, line) if line and keys else None

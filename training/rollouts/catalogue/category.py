"""Step 3 of the catalogue writer: is the product the thing that the query names?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from annotation.cot.quotes import QuotableLine
from training.rollouts.catalogue.asks import Phrase
from training.rollouts.catalogue.evidence import Sighting, sightings
from training.rollouts.catalogue.findings import brand_of

MATCH, RELATED, MISMATCH = "match", "related", "mismatch"
# The strongest use of the thing's name first, each with what it says of the product: where the
# query names nothing else, and where the title or the category has its further words as well.
# ``bench.catalogue`` chose it on training queries: the category whose tiers are nearest.
USES: tuple[tuple[str, str, str], ...] = (
    ("category named", MATCH, MATCH),
    ("title named", MATCH, MATCH),
    ("description named", RELATED, MATCH),
    ("title beside", RELATED, RELATED),
    ("category beside", MATCH, MATCH),
    ("title leads", RELATED, MATCH),
    ("description leads", MISMATCH, RELATED),
    ("title part", MISMATCH, RELATED),
    ("title for", RELATED, MISMATCH),
    ("description beside", MISMATCH, RELATED),
    ("description for", MISMATCH, RELATED),
    ("description part", MISMATCH, MISMATCH),
    ("attribute mentioned", MISMATCH, MISMATCH),
)
_CATEGORY = {use: (alone, among) for use, alone, among in USES}
_ORDER = [use for use, _alone, _among in USES]
_WORDS = {
    "named": "names it",
    "beside": "names it beside another word",
    "leads": "names it, and a part or an accessory that is not asked for",
    "part": "names a part or an accessory of it",
    "for": "only says what it is for",
    "mentioned": "only mentions it",
}


@dataclass(frozen=True, slots=True)
class Category:
    """``use`` is the row of ``USES``, "brand" or "nowhere"; ``reason`` ends with the quote."""

    value: str
    use: str
    reason: str
    quote: str = ""
    line: QuotableLine | None = None
    start: int = 0  # in the line: what the quote is about


def category_of(
    thing: Phrase | None,
    lines: Sequence[QuotableLine],
    query_words: frozenset[str],
    *,
    among: bool,
) -> Category:
    """``among``: the query has further words and the product's title or category has them."""
    if thing is None:
        return Category(RELATED, "nowhere", "the query names no kind of product")
    brand = brand_of(lines)
    if brand and brand[0] == thing.keys:
        line = brand[1]
        return Category(MATCH, "brand", "it is the brand", line.quote(), line)
    rows = sorted(sightings(thing, lines, query_words), key=lambda row: _ORDER.index(_use(row)))
    if not rows:
        return Category(MISMATCH, "nowhere", "no line of the product names it")
    best = rows[0]
    value = _CATEGORY[_use(best)][1 if among else 0]
    reason = f"the {best.line.field} {_WORDS[best.use]}"
    return Category(value, _use(best), reason, best.quote, best.line, best.start)


def _use(row: Sighting) -> str:
    return f"{row.line.field} {row.use}"

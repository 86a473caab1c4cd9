"""Where a product names what a query asks for, and the line that says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from annotation.cot.quotes import QuotableLine
from training.rollouts.catalogue.asks import Phrase
from training.rollouts.catalogue.lexicon import (
    AFTER,
    BRAND_NAMES,
    COLOURS,
    COLOURS_CJK,
    PARTS,
    PARTS_CJK,
    PURPOSE,
    PURPOSE_CJK,
    WITH,
)
from training.rollouts.catalogue.words import Word, places, words

# How a line uses the thing's name, the strongest first.
Use = Literal["named", "leads", "beside", "part", "for", "mentioned"]
_AFTER, _LONG = 2, 80  # words of a quote after the phrase itself; its characters
_PUNCTUATION = frozenset(",;:()[]|+&/–—·，；：（）、。")


@dataclass(frozen=True, slots=True)
class Sighting:
    """A line that has a phrase, and how it uses it. ``quote`` are the phrase and the words
    after it, which say how; of an attribute, whose name belongs to it, the line. ``start`` is
    the phrase's place in the line."""

    line: QuotableLine
    use: Use
    start: int
    quote: str


def brand_line(lines: Sequence[QuotableLine]) -> QuotableLine | None:
    return next((line for line in lines if line.name.casefold() in BRAND_NAMES), None)


def sightings(
    phrase: Phrase, lines: Sequence[QuotableLine], query_words: frozenset[str]
) -> list[Sighting]:
    """Every line that has the phrase. ``query_words`` are the words of the whole query: a
    part that it asks for itself is no other thing."""
    made = []
    for line in lines:
        text = line.value
        shift = len(line.text) - len(text)
        all_words = words(text)
        for first, after in places(phrase.keys, all_words):
            use = _use(line, text, all_words, first, after, query_words)
            start = all_words[first].start
            quote = text[start : _end(all_words, after)]
            if line.field == "attribute" or len(quote) > _LONG:
                quote = line.quote(shift + start)
            made.append(Sighting(line, use, shift + start, quote))
    return made


def _end(all_words: Sequence[Word], after: int) -> int:
    """Where the quote of a phrase ends: not within what is written together (28mm, 厘米)."""
    last = min(after + _AFTER, len(all_words)) - 1
    while last + 1 < len(all_words) and all_words[last + 1].tight:
        last += 1
    return all_words[last].end


def _use(
    line: QuotableLine,
    text: str,
    all_words: Sequence[Word],
    first: int,
    after: int,
    query_words: frozenset[str],
) -> Use:
    if line.field == "attribute":
        return "mentioned"
    follows = _follows(text, all_words, after)
    if line.field == "category":
        return "named" if follows == "nothing" else "beside"
    if _for_purpose(text, all_words, first):
        return "for"
    other = _other_part(all_words, query_words) and not query_words & PARTS
    if follows == "part":
        return "part"
    if follows == "word":
        return "part" if other else "beside"
    return "leads" if other else "named"


def _follows(
    text: str, all_words: Sequence[Word], after: int
) -> Literal["nothing", "part", "word"]:
    """Whether another noun follows: then that one names the thing."""
    if after >= len(all_words):
        return "nothing"
    last, following = all_words[after - 1], all_words[after]
    if following.cjk:
        rest = text[following.start :]
        if not following.tight or rest.startswith(COLOURS_CJK):
            return "nothing"
        return "part" if rest.startswith(PARTS_CJK) else "word"
    if following.number or following.key in COLOURS | AFTER | PURPOSE | WITH:
        return "nothing"
    if _PUNCTUATION & set(text[last.end : following.start]) or last.cjk:
        return "nothing"
    if " - " in text[last.end : following.start]:
        return "nothing"
    further = all_words[after + 1] if after + 1 < len(all_words) else None
    if further is not None and further.number and further.tight:
        return "nothing"  # a model's code: SHP2000
    if following.key in PARTS:
        return "part"
    if text[last.start].islower() and text[following.start].isupper():
        return "nothing"
    return "word"


def _for_purpose(text: str, all_words: Sequence[Word], first: int) -> bool:
    start = all_words[first].start
    return any(word.key in PURPOSE for word in all_words[:first]) or any(
        mark in text[:start] for mark in PURPOSE_CJK
    )


def _other_part(all_words: Sequence[Word], query_words: frozenset[str]) -> bool:
    """Whether the line names a part or an accessory not in the query, before a "with"."""
    for place, word in enumerate(all_words):
        if place and word.key in WITH:
            return False
        if word.key in PARTS and word.key not in query_words:
            return True
    return False

"""What a query asks for: the thing, and what else it says of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from training.rollouts.catalogue.lexicon import (
    COLOURS,
    FREE,
    NEGATION_CJK,
    NEGATIONS,
    PARTS_CJK,
    PURPOSE,
    STOP,
    STOP_CJK,
    WITH,
)
from training.rollouts.catalogue.quantities import Bound, bounds
from training.rollouts.catalogue.words import Word, words

_NEGATED_CJK = re.compile(rf"(?:{NEGATION_CJK})")
_LONGEST = 12  # characters of one Chinese word that are tried


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that must stand together. ``text`` is how the query writes them."""

    keys: tuple[str, ...]
    text: str
    avoid: bool = False


@dataclass(frozen=True, slots=True)
class Asks:
    """``thing`` is None where the query names none, as one that is all numbers."""

    thing: Phrase | None
    phrases: list[Phrase] = field(default_factory=list)
    bounds: list[Bound] = field(default_factory=list)


def read_query(query: str, beside: str, brands: Collection[tuple[str, ...]] = ()) -> Asks:
    """``beside`` is the product's text, which says where Chinese words end; ``brands`` the
    shop's, as keys of words: a brand is not the thing, unless nothing else is named."""
    wanted = bounds(query)
    left = [
        word
        for word in words(query)
        if not any(bound.start <= word.start < bound.end for bound in wanted)
    ]
    phrases = _joined(_phrases(query, left, beside), beside)
    kept = [phrase for phrase in phrases if not _empty(phrase)]
    thing = _thing(query, kept, brands)
    rest = [
        phrase
        for phrase in dict.fromkeys(kept)
        if phrase != thing and not any(_begins(phrase, other) for other in kept)
    ]
    return Asks(thing, rest, wanted)


def _begins(phrase: Phrase, other: Phrase) -> bool:
    """A series beside its model: iphone, iphone 8."""
    return phrase != other and other.keys[: len(phrase.keys)] == phrase.keys


def _phrases(query: str, left: Sequence[Word], beside: str) -> list[Phrase]:
    """Latin words one by one, a number with the word before it, a Chinese run in words."""
    made: list[Phrase] = []
    index = 0
    while index < len(left):
        if left[index].cjk:
            end = index
            while end < len(left) and left[end].cjk and (end == index or left[end].tight):
                end += 1
            made += _segments(query, left[index:end], beside)
        else:
            end = index + 1
            if not left[index].number and left[index].key not in STOP | NEGATIONS | WITH:
                while end < len(left) and left[end].number:
                    end += 1
            negated = _negated(left, index, end)
            made.append(_phrase(query, left[index:end], avoid=negated))
            if end - index > 1:  # the series as well as the model
                made.append(_phrase(query, left[index : index + 1], avoid=negated))
        index = end
    return made


def _joined(phrases: Sequence[Phrase], beside: str) -> list[Phrase]:
    """Two words that the product writes as one are one: mouse pad, mousepad."""
    known = {word.key for word in words(beside)}
    made: list[Phrase] = []
    for phrase in phrases:
        last = made[-1] if made else None
        if last and last.avoid == phrase.avoid and "".join(last.keys + phrase.keys) in known:
            text = f"{last.text} {phrase.text}"
            made[-1] = Phrase(last.keys + phrase.keys, text, phrase.avoid)
        else:
            made.append(phrase)
    return made


def _segments(query: str, run: Sequence[Word], beside: str) -> list[Phrase]:
    """A Chinese run in words that the product writes too, from its end; what the product does
    not write stays together. A negation binds what follows it."""
    text = query[run[0].start : run[-1].end]
    made: list[Phrase] = []
    for part, avoid in _negated_parts(text):
        pieces: list[str] = []
        end, loose = len(part), ""
        while end > 0:
            size = _longest(part[:end], beside)
            if size:
                pieces += [loose, part[end - size : end]] if loose else [part[end - size : end]]
                loose, end = "", end - size
            else:
                loose, end = part[end - 1] + loose, end - 1
        pieces += [loose] if loose else []
        made += [_of_text(piece, avoid) for piece in reversed(pieces)]
    return made


def _longest(text: str, beside: str) -> int:
    """How long the longest end of ``text`` is that stands in ``beside``; one character counts
    only where it is a word by itself."""
    for size in range(min(len(text), _LONGEST), 1, -1):
        if text[-size:] in beside:
            return size
    return int(text[-1] in PARTS_CJK and text[-1] in beside)


def _negated_parts(text: str) -> list[tuple[str, bool]]:
    match = _NEGATED_CJK.search(text)
    if match is None:
        return [(text, False)]
    rest, _particle, after = text[match.end() :].partition("的")
    parts = [(text[: match.start()], False), (rest, True), (after, False)]
    return [(part, avoid) for part, avoid in parts if part]


def _of_text(text: str, avoid: bool) -> Phrase:
    return Phrase(tuple(word.key for word in words(text)), text, avoid)


def _phrase(query: str, part: Sequence[Word], *, avoid: bool) -> Phrase:
    return Phrase(tuple(word.key for word in part), query[part[0].start : part[-1].end], avoid)


def _negated(left: Sequence[Word], index: int, end: int) -> bool:
    before = left[index - 1].key if index else ""
    after = left[end].key if end < len(left) else ""
    return before in NEGATIONS or after in FREE


def _empty(phrase: Phrase) -> bool:
    small = STOP | STOP_CJK | NEGATIONS | WITH | PURPOSE | FREE
    return not phrase.keys or all(key in small for key in phrase.keys)


def _thing(
    query: str, phrases: Sequence[Phrase], brands: Collection[tuple[str, ...]]
) -> Phrase | None:
    """The last word of the query's first part: in "case for iphone 8" that is the case."""
    wanted = [
        phrase for phrase in phrases if not phrase.avoid and not phrase.keys[-1][:1].isdigit()
    ]
    plain = [phrase for phrase in wanted if phrase.keys[-1] not in COLOURS] or wanted
    named = [phrase for phrase in plain if phrase.keys not in brands] or plain
    first = [phrase for phrase in named if _before_purpose(query, phrase)] or named
    return first[-1] if first else None


def _before_purpose(query: str, phrase: Phrase) -> bool:
    place = query.find(phrase.text)
    return not any(
        word.key in PURPOSE | WITH | NEGATIONS and 0 < word.start < place
        for word in words(query)
    )

"""Does a step say what the product says? An exact check of its words against the product's own
lines, which needs no label. Pure.

A line of a step quotes what stands between its first and its last quotation mark; in step 2
also the value of ``name: value``. A quote holds if one line of the product has it, whole words,
letter for letter but for case and blanks; ``color: unknown`` holds if no line is named color.
What else a line says is nobody's words, and not checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from annotation.cot.steps import folded, normalised

_MARKS = '"\u201c\u201d\u201e\u00ab\u00bb\u300c\u300d\u300e\u300f'
UNSTATED = frozenset({"unknown", "not stated", "unstated", "not given", "n/a"})
_LONG = 200  # characters of a quoted line
Field = Literal["title", "category", "attribute", "description"]
_CJK = "\u2e80"  # from here on words are not kept apart by blanks


@dataclass(frozen=True, slots=True)
class QuotableLine:
    """``text`` is what is quoted: an attribute's is ``name: value``. ``name`` is an
    attribute's, else that of the field."""

    field: Field
    name: str
    value: str
    text: str

    def quote(self, start: int = 0) -> str:
        """The line word for word; of a long one whole words around ``start``."""
        text = self.text
        if len(text) <= _LONG:
            return text
        left = max(0, min(start - _LONG // 2, len(text) - _LONG))
        right = left + _LONG
        if left and (blank := text.find(" ", left - 1, start)) >= 0:
            left = blank
        if right < len(text) and (blank := text.rfind(" ", start + 1, right + 1)) >= 0:
            right = blank
        return text[left:right].strip()


@dataclass(frozen=True, slots=True)
class Quote:
    """``line`` is the product's line that has the words, or should have by its name; "" where
    there is none. ``marked``: in quotation marks."""

    words: str
    holds: bool
    line: str = ""
    marked: bool = False


def product_lines(
    title: str, category_path: str, attributes: Iterable[tuple[str, str]], description: str
) -> list[QuotableLine]:
    """What a product says, line by line; an attribute's name is one line whatever it has."""
    named = [(" ".join(str(name).split()), str(value)) for name, value in attributes]
    return [
        *_plain("title", title),
        *_plain("category", category_path),
        *(
            QuotableLine("attribute", name, line, f"{name}: {line}")
            for name, value in named
            for line in _lines(value)
        ),
        *_plain("description", description),
    ]


def quote_of(line: str, product: Sequence[QuotableLine], *, plain: bool) -> Quote | None:
    """What a line of a step quotes; ``plain``: the value of ``name: value`` counts. None where
    it quotes nothing."""
    places = [place for place, letter in enumerate(line) if letter in _MARKS]
    if len(places) > 1 and (words := line[places[0] + 1 : places[-1]].strip()):
        return replace(_quote(words, product), marked=True)
    name, colon, value = line.partition(":")
    name, value = name.strip(), value.strip()
    if not (plain and colon and name and value):
        return None
    own = [each for each in product if folded(each.name) == folded(name)]
    if folded(value) in UNSTATED:
        return Quote(value, not own, own[0].text if own else "")
    quote = _quote(value, own or product)
    return replace(quote, line=quote.line or own[0].text) if own else quote


def faithful(body: str, product: Sequence[QuotableLine]) -> bool | None:
    """Whether every quote of step 2 holds; None where it quotes nothing."""
    quotes = [quote_of(line, product, plain=True) for line in normalised(body).split("\n")]
    known = [quote.holds for quote in quotes if quote is not None]
    return all(known) if known else None


def _quote(words: str, product: Sequence[QuotableLine]) -> Quote:
    line = next((each.text for each in product if _has(folded(each.text), folded(words))), "")
    return Quote(words, bool(line), line)


def _has(text: str, words: str) -> bool:
    """Whether ``words`` stand in ``text`` as whole words."""
    start = text.find(words)
    while start >= 0:
        end = start + len(words)
        if not (
            _joined(text[:start][-1:], words[0]) or _joined(words[-1], text[end : end + 1])
        ):
            return True
        start = text.find(words, start + 1)
    return False


def _joined(left: str, right: str) -> bool:
    """Whether two neighbours are of one word."""
    return left.isalnum() and right.isalnum() and max(left, right) < _CJK


def _plain(field: Field, text: str) -> list[QuotableLine]:
    return [QuotableLine(field, field, line, line) for line in _lines(text)]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in normalised(text).split("\n") if line.strip()]

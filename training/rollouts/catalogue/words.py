"""Words of queries and catalogues, with their places: Latin letters by the word, Chinese and
Japanese by the character, because only a text beside it says where its words end."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

_CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3040-\u30ff"
_TOKEN = re.compile(rf"[{_CJK}]|[^\W\d_{_CJK}]+|\d+(?:[.,]\d+)*")
_IS_CJK = re.compile(rf"[{_CJK}]")


@dataclass(frozen=True, slots=True)
class Word:
    """``key`` is what is compared; ``start`` and ``end`` are its place in the text. ``tight``:
    nothing stands between it and the word before."""

    key: str
    start: int
    end: int
    tight: bool

    @property
    def cjk(self) -> bool:
        return _IS_CJK.match(self.key) is not None

    @property
    def number(self) -> bool:
        return self.key[:1].isdigit()


@lru_cache(maxsize=4096)
def words(text: str) -> tuple[Word, ...]:
    """Every word of ``text`` in order."""
    made, before = [], -1
    for match in _TOKEN.finditer(text):
        key = stem(unicodedata.normalize("NFKC", match[0]).casefold())
        made.append(Word(key, match.start(), match.end(), match.start() == before))
        before = match.end()
    return tuple(made)


def stem(word: str) -> str:
    """Plurals alone: batteries -> battery, switches -> switch, cases -> case."""
    if not word.isascii() or len(word) < 4 or not word.endswith("s"):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses")):
        return word[:-2]
    return word if word.endswith(("ss", "us")) else word[:-1]


def places(wanted: Sequence[str], text: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """Where ``wanted`` stands in ``text``, as first word and the one after the last. Words that
    are written together in one and apart in the other are the same: mouse pad, mousepad."""
    whole = "".join(wanted)
    for first in range(len(text)):
        key, after = "", first
        while after < len(text) and len(key) < len(whole):
            key += text[after].key
            after += 1
            if not whole.startswith(key):
                break
        if key and key == whole:
            yield first, after

"""The words of a shop: how rare each is, and how well a query's words fit a text. Pure.

It is made of product texts and queries, which everybody may read; no rating is in it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from training.job.prompts import PairText
from training.rollouts.catalogue.words import words
from training.rollouts.catalogue.writer import brands_named

_K, _B = 1.2, 0.75  # BM25 as usual

Words = tuple[str, ...]


def keys(text: str) -> Words:
    return tuple(word.key for word in words(text))


def whole_text(pair: PairText) -> str:
    """All that the product says."""
    attributes = " ".join(f"{name} {value}" for name, value in pair.attributes.items())
    return " ".join([pair.title, pair.category_path, attributes, pair.description])


@dataclass(frozen=True, slots=True)
class Shop:
    """``seen_in`` counts the products that have a word; ``length`` is their mean length."""

    products: int
    seen_in: Counter[str]
    length: float
    brands: frozenset[Words]

    def idf(self, word: str) -> float:
        seen = self.seen_in[word]
        return math.log(1 + (self.products - seen + 0.5) / (seen + 0.5))

    def bm25(self, query: Sequence[str], text: Sequence[str]) -> float:
        counts = Counter(text)
        norm = _K * (1 - _B + _B * len(text) / self.length)
        return sum(
            self.idf(word) * counts[word] * (_K + 1) / (counts[word] + norm)
            for word in set(query)
        )

    def cosine(self, query: Sequence[str], text: Sequence[str]) -> float:
        """Of the TF-IDF vectors."""
        one, two = self._vector(query), self._vector(text)
        dot = sum(weight * two.get(word, 0.0) for word, weight in one.items())
        size = math.sqrt(_squares(one) * _squares(two))
        return dot / size if size else 0.0

    def share(self, query: Sequence[str], text: Iterable[str]) -> float:
        """Of the query's words that the text has, by how rare they are."""
        known = set(text)
        total = sum(self.idf(word) for word in query)
        return sum(self.idf(word) for word in query if word in known) / total if total else 0.0

    def _vector(self, text: Sequence[str]) -> dict[str, float]:
        return {word: count * self.idf(word) for word, count in Counter(text).items()}


def shop_of(pairs: Sequence[PairText]) -> Shop:
    """Of the products of these pairs, each once."""
    texts = {whole_text(pair) for pair in pairs}
    lists = [keys(text) for text in texts]
    seen_in = Counter(word for text in lists for word in set(text))
    length = sum(map(len, lists)) / max(1, len(lists))
    brands = brands_named(pair.attributes.items() for pair in pairs)
    return Shop(len(lists), seen_in, max(length, 1.0), brands)


def _squares(vector: dict[str, float]) -> float:
    return sum(weight * weight for weight in vector.values())

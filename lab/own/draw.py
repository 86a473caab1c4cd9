"""Pairs to practise on: queries that people wrote and queries made of the catalogue's words,
each beside products that have all of its words, some of them, or any. Pure."""

from __future__ import annotations

import dataclasses
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from training.job.prompts import PairText
from training.rollouts.catalogue.lexicon import BRAND_NAMES
from training.rollouts.catalogue.words import Word, words
from training.rollouts.catalogue.writer import brands_named

_WRITTEN = 0.3  # share of queries that a person wrote
_USUAL = 0.5  # of phrases that several titles have; the rest: words of one product
_OFTEN = 3  # titles that a usual phrase is in
_LONGEST = 3  # words of a made query, before a brand or a value
_VALUE = 24  # characters of a value in a query
_WHOLE, _PART = 0.35, 0.3  # products with all words of the query, with one; the rest: any


@dataclass(frozen=True, slots=True)
class Catalogue:
    """``products`` have an empty query; ``queries`` are those that may be practised on: none of
    the validation or test split."""

    products: Sequence[PairText]
    queries: Sequence[str]


@dataclass(frozen=True, slots=True)
class PracticeShop:
    """A catalogue as it is drawn from. ``near`` are the products by each word of their titles,
    ``totals`` the running sums of the usual phrases' weights, ``brands`` as keys of words."""

    products: Sequence[PairText]
    queries: Sequence[str]
    near: Mapping[str, Sequence[PairText]]
    phrases: Sequence[str]
    totals: Sequence[float]
    brands: frozenset[tuple[str, ...]]

    def query(self, rng: random.Random) -> str:
        chance = rng.random()
        if chance < _WRITTEN and self.queries:
            return rng.choice(self.queries)
        if chance < _WRITTEN + _USUAL and self.phrases:
            return rng.choices(self.phrases, cum_weights=self.totals)[0]
        return made_query(rng.choice(self.products), rng)

    def product(self, query: str, rng: random.Random) -> PairText:
        """So that every outcome comes up often."""
        keys = [word.key for word in words(query) if word.key in self.near]
        chance = rng.random()
        if not keys or chance > _WHOLE + _PART:
            return rng.choice(self.products)
        beside = self.near[rng.choice(keys)]
        if chance > _WHOLE:
            return rng.choice(beside)
        whole = [p for p in beside if set(keys) <= {word.key for word in words(p.title)}]
        return rng.choice(whole or beside)


def shop_of(catalogue: Catalogue) -> PracticeShop:
    """
    Raises:
        ValueError: no product has a word in its title.
    """
    products = [product for product in catalogue.products if words(product.title)]
    if not products:
        raise ValueError("no product has a title with a word in it")
    near: dict[str, list[PairText]] = defaultdict(list)
    titles: Counter[str] = Counter()
    for product in products:
        for key in {word.key for word in words(product.title)}:
            near[key].append(product)
        titles.update(_phrases(product.title))
    # Sorted: what comes out of a set has another order in every process.
    usual = {phrase: count for phrase, count in sorted(titles.items()) if count >= _OFTEN}
    totals = list(accumulate(count**0.5 for count in usual.values()))
    brands = brands_named(product.attributes.items() for product in products)
    return PracticeShop(products, catalogue.queries, near, list(usual), totals, brands)


def draws(shop: PracticeShop, rng: random.Random) -> Iterator[PairText]:
    """Endless."""
    while True:
        query = shop.query(rng)
        yield dataclasses.replace(shop.product(query, rng), query=query)


def made_query(product: PairText, rng: random.Random) -> str:
    """One to three words of the title in a row, sometimes with the brand or a value."""
    title = words(product.title)
    count = rng.randint(1, _LONGEST)
    start = rng.randrange(max(1, len(title) - count + 1))
    parts = [_text(product.title, title[start : start + count])]
    values = [value for value in product.attributes.values() if value.strip()]
    if values and rng.random() < 0.35:
        parts.append(rng.choice(values)[:_VALUE].strip())
    brand = next((v for k, v in product.attributes.items() if k.casefold() in BRAND_NAMES), "")
    if brand and rng.random() < 0.3:
        parts.insert(0, brand)
    query = " ".join(" ".join(parts).split())
    return query.lower() if rng.random() < 0.8 else query


def _phrases(title: str) -> set[str]:
    """One to three words in a row that do not end with a number."""
    row = words(title)
    parts = (row[i : i + n] for n in range(1, _LONGEST + 1) for i in range(len(row) - n + 1))
    texts = (" ".join(_text(title, part).split()) for part in parts if not part[-1].number)
    return {text.lower() for text in texts if len(text) > 1}


def _text(title: str, part: Sequence[Word]) -> str:
    return title[part[0].start : part[-1].end]

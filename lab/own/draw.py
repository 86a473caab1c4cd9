"""Pairs to practise on: the catalogue's products beside queries that people wrote, and beside
queries made of the words of products. Pure."""

from __future__ import annotations

import dataclasses
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from training.job.prompts import PairText
from training.rollouts.catalogue.lexicon import BRAND_NAMES
from training.rollouts.catalogue.words import Word, words

_WRITTEN = 0.35  # share with a query that a person wrote
_OF_ITSELF = (
    0.25  # with a query made of the product's own words; the rest: of a product near it
)
_LONGEST = 3  # words of a made query, before a brand or a value
_VALUE = 24  # characters of a value in a query


@dataclass(frozen=True, slots=True)
class Catalogue:
    """``products`` have an empty query; ``queries`` are those that may be practised on: none of
    the validation or test split."""

    products: Sequence[PairText]
    queries: Sequence[str]


def draws(catalogue: Catalogue, rng: random.Random) -> Iterator[PairText]:
    """Endless. A product near another has a word of its title, so that most of them differ in
    what a judge must look at.

    Raises:
        ValueError: no product has a word in its title.
    """
    products = [product for product in catalogue.products if words(product.title)]
    if not products:
        raise ValueError("no product has a title with a word in it")
    near: dict[str, list[PairText]] = defaultdict(list)
    for product in products:
        for key in {word.key for word in words(product.title)}:
            near[key].append(product)
    while True:
        product = rng.choice(products)
        chance = rng.random()
        if chance < _WRITTEN and catalogue.queries:
            query = rng.choice(catalogue.queries)
        elif chance < _WRITTEN + _OF_ITSELF:
            query = made_query(product, rng)
        else:
            other = rng.choice(near[rng.choice(words(product.title)).key])
            query = made_query(other, rng)
        yield dataclasses.replace(product, query=query)


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


def _text(title: str, part: Sequence[Word]) -> str:
    return title[part[0].start : part[-1].end]

"""A drawn query says what it means, and its anchor product satisfies it."""

from __future__ import annotations

import random
from collections.abc import Iterator

from lab.sample.lexicon import load_lexicon
from lab.sample.products import draw_catalogue, draw_product
from lab.sample.queries import draw_query
from lab.sample.world import CatalogueItem, Query, satisfied, truth_of

LEXICON = load_lexicon()


def anchored(count: int = 300) -> Iterator[tuple[Query, CatalogueItem]]:
    rng = random.Random(4)
    for product in draw_catalogue(rng, LEXICON, count):
        yield draw_query(rng, LEXICON, anchor=product), product


def test_every_ask_is_said_in_the_query_or_implied_by_its_knowledge() -> None:
    for query, _ in anchored():
        knows = LEXICON.types[query.type_name].knows
        implied = {pair for k in knows if k.phrase in query.text for pair in k.implied}
        if "cheaper" in query.text:
            implied.add(("price", "budget"))
        for ask in query.asks:
            says = LEXICON.attributes[ask.name].says if ask.name != "brand" else {}
            words = {ask.value, *says.get(ask.value, ())} & set(query.text.split())
            assert words or (ask.name, ask.value) in implied


def test_an_anchor_is_of_the_wanted_type_and_breaks_no_negation() -> None:
    for query, product in anchored():
        assert query.type_name == product.type_name
        assert truth_of(query, product).category == "match"
        stated = [a for a in query.asks if a.avoid and a.name in product.attributes]
        assert all(satisfied(ask, product) for ask in stated)


def test_only_negations_and_alternatives_rule_something_out() -> None:
    for query, _ in anchored():
        avoids = any(ask.avoid for ask in query.asks)
        assert avoids == (query.query_type in {"negation", "alternatives"})


def test_no_attribute_is_asked_for_twice() -> None:
    for query, _ in anchored():
        names = [ask.name for ask in query.asks]
        assert len(names) == len(set(names))


def test_given_values_are_kept_and_the_brand_is_always_stated() -> None:
    rng = random.Random(2)
    for _ in range(50):
        product = draw_product(rng, LEXICON, "boots", given={"color": "red", "brand": "solina"})
        assert product.attributes["color"] == "red"
        assert product.attributes["brand"] == "solina"
        assert product.title.startswith("solina ")

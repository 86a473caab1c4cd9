"""A drawn query says what it means, and its anchor product satisfies it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

from lab.sample.lexicon import load_lexicon
from lab.sample.phrases import typed
from lab.sample.products import draw_catalogue, draw_product
from lab.sample.queries import draw_query
from lab.sample.world import Ask, CatalogueItem, Query, satisfied, truth_of

LEXICON = load_lexicon()


def anchored(count: int = 300) -> Iterator[tuple[Query, CatalogueItem]]:
    rng = random.Random(4)
    for product in draw_catalogue(rng, LEXICON, count):
        yield draw_query(rng, LEXICON, anchor=product, careful=True), product


def ways_to_say(ask: Ask, locale: str) -> set[str]:
    if ask.name == "brand":
        return {ask.value.lower()}
    if locale == "zh":
        return set(LEXICON.chinese.values[ask.value])
    says = LEXICON.attributes[ask.name].says.get(ask.value, ())
    return {word.lower() for word in (ask.value, *says)}


def test_every_ask_is_said_in_the_query_or_implied_by_its_knowledge() -> None:
    for query, _ in anchored():
        text, chinese = query.text.lower(), LEXICON.chinese.phrases
        implied = {
            pair
            for knows in LEXICON.types[query.type_name].knows
            for pair in knows.implied
            if knows.phrase.lower() in text or chinese.get(knows.phrase, "?") in text
        }
        for ask in query.asks:
            named = any(word in text for word in ways_to_say(ask, query.locale))
            assert named or (ask.name, ask.value) in implied


def test_a_limit_is_met_below_it_alone() -> None:
    limit = Ask("price", "under 50 EUR")
    prices = ["44.90 EUR", "50.00 EUR", "119.00 EUR", "9.90 EUR"]
    items = [draw_product(random.Random(0), LEXICON, "boots") for _ in prices]
    priced = [
        replace(item, attributes={"price": p}) for item, p in zip(items, prices, strict=True)
    ]
    assert [satisfied(limit, item) for item in priced] == [True, False, False, True]


def test_a_typing_mistake_swaps_two_letters_of_one_word() -> None:
    rng = random.Random(3)
    texts = [typed(rng, "red leather sneakers") for _ in range(400)]
    slips = {text for text in texts if text.lower() != "red leather sneakers"}
    assert 0 < len(slips) < 20
    assert all(sorted(text.lower()) == sorted("red leather sneakers") for text in slips)


def test_what_is_asked_of_a_type_is_never_what_it_lacks() -> None:
    for query, _ in anchored():
        lacks = LEXICON.types[query.type_name].lacks
        assert not lacks & {ask.name for ask in query.asks}


def test_a_shopper_and_the_product_that_answers_speak_one_language() -> None:
    locales = [(query.locale, product.locale) for query, product in anchored()]
    assert {("en", "en"), ("zh", "zh")} == set(locales)


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
        wishes = {"color": "red", "brand": "Solina", "price": "under 50 EUR"}
        product = draw_product(rng, LEXICON, "boots", given=wishes)
        assert product.attributes["color"] == "red"
        assert product.attributes["brand"] == "Solina"
        assert satisfied(Ask("price", "under 50 EUR"), product)
        assert product.title.startswith("Solina ")

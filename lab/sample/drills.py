"""Training pairs without end: any train-split query of the grammar, a product drawn for it."""

from __future__ import annotations

import random
from collections.abc import Sequence

from annotation.cot.splits import split_of
from lab.sample.lexicon import Lexicon
from lab.sample.products import draw_product
from lab.sample.queries import draw_query
from lab.sample.teacher import Biases, biased_reading
from lab.sample.trace import compared, cot, met_or_not
from lab.sample.world import PROMPT_VERSION, Ask, CatalogueItem, Query, meets, pair_text
from training.job.prompts import policy_prompt

SAME_TYPE, SAME_DEPARTMENT = 0.5, 0.3  # the rest comes from another department


def draw_train_query(rng: random.Random, lexicon: Lexicon) -> Query:
    """A query of the grammar that the split function puts into train."""
    while True:
        query = draw_query(rng, lexicon)
        if split_of(query.text) == "train":
            return query


def draw_candidate(rng: random.Random, lexicon: Lexicon, query: Query) -> CatalogueItem:
    """A product for the query, so that every truth value comes up often."""
    draw = rng.random()
    siblings = lexicon.departments[query.department].types
    if draw < SAME_TYPE:
        type_name = query.type_name
    elif draw < SAME_TYPE + SAME_DEPARTMENT:
        type_name = rng.choice([t for t in siblings if t != query.type_name])
    else:
        type_name = rng.choice(_sold_elsewhere(lexicon, query, siblings))
    brands = lexicon.departments[lexicon.types[type_name].department].brands
    values = {"brand": brands, **lexicon.values_of(type_name)}
    liking = rng.random()  # one rate a pair: all, partial and none all stay likely
    given = {
        ask.name: ask.value
        for ask in query.asks
        if any(meets(ask.value, value) for value in values.get(ask.name, ()))
        and rng.random() < liking
    }
    return draw_product(rng, lexicon, type_name, given=given, locale=query.locale)


def _sold_elsewhere(lexicon: Lexicon, query: Query, siblings: Sequence[str]) -> list[str]:
    names = lexicon.chinese.types if query.locale == "zh" else lexicon.types
    return [name for name in names if name not in siblings]


def draw_example(rng: random.Random, lexicon: Lexicon, biases: Biases) -> tuple[str, str]:
    """One prompt and the teacher's CoT for it."""
    query = draw_train_query(rng, lexicon)
    product = draw_candidate(rng, lexicon, query)
    reading = biased_reading(rng, query, product, biases)
    prompt = policy_prompt(pair_text(query, product), version=PROMPT_VERSION)
    return prompt, cot(query, product, reading)


def draw_comparisons(rng: random.Random, lexicon: Lexicon, lines: int) -> str:
    """Lines of steps 3 and 4 alone: short practice in telling equal from different words."""
    return "".join(f"{_comparison(rng, lexicon)}\n" for _ in range(lines))


def _comparison(rng: random.Random, lexicon: Lexicon) -> str:
    form = rng.random()
    if form < 0.2:
        return compared("Type", *_pair(rng, tuple(lexicon.types)))
    if form < 0.4:
        return compared("Department", *_pair(rng, tuple(lexicon.departments)))
    department = lexicon.departments[rng.choice(list(lexicon.departments))]
    name = rng.choice(["brand", *department.values])
    values = department.values.get(name, department.brands)
    limits = lexicon.attributes[name].limits if name in lexicon.attributes else ()
    if limits:
        wanted, stated = rng.choice(limits), rng.choice(values)
    else:
        wanted, stated = _pair(rng, values)
    avoid = not limits and rng.random() < 0.35
    return met_or_not(Ask(name, wanted, avoid), stated if rng.random() < 0.9 else None)


def _pair(rng: random.Random, words: tuple[str, ...]) -> tuple[str, str]:
    """Two words, the same one twice in half of the draws."""
    wanted = rng.choice(words)
    if rng.random() < 0.5:
        return wanted, wanted
    return wanted, rng.choice([word for word in words if word != wanted])

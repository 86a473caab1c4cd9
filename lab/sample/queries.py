"""Queries of the five types, drawn from the grammar together with what they mean."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from lab.sample.lexicon import Lexicon, ProductType
from lab.sample.world import Ask, CatalogueItem, Query

TYPE_SHARES = {"general": 30, "negation": 22, "alternatives": 14, "qa": 17, "knowledge": 17}

NEGATIONS = ("without {}", "not {}", "but no {}", "anything but {}", "except {}")
QUESTIONS = (
    "which {} should i get ?",
    "do you have a {} ?",
    "is there a {} ?",
    "can i order a {} ?",
    "where do i find a {} ?",
)
ALTERNATIVES = ("alternative to {}", "instead of {}", "something like {}", "similar to {}")


@dataclass(frozen=True, slots=True)
class _Draw:
    """One query in the making; ``anchor`` is a product that should be able to satisfy it."""

    rng: random.Random
    lexicon: Lexicon
    product_type: ProductType
    anchor: CatalogueItem | None

    def name(self) -> str:
        says = self.product_type.says
        return self.rng.choice(says) if self.rng.random() < 0.3 else self.product_type.name

    def asks(self, count: int, avoid: bool = False, taken: tuple[str, ...] = ()) -> list[Ask]:
        """``count`` asks over distinct attributes of the department, in random order."""
        local = self.lexicon.departments[self.product_type.department].values
        names = [name for name in local if name not in taken]
        return [self._ask(name, avoid) for name in self.rng.sample(names, count)]

    def brand(self, avoid: bool) -> Ask:
        brands = self.lexicon.departments[self.product_type.department].brands
        has = self.anchor.attributes["brand"] if self.anchor else None
        return Ask("brand", self._pick(brands, has, avoid), avoid)

    def word(self, ask: Ask) -> str:
        if ask.name == "brand":
            return ask.value
        says = self.lexicon.attributes[ask.name].says.get(ask.value, ())
        return self.rng.choice(says) if says and self.rng.random() < 0.3 else ask.value

    def before(self, ask: Ask) -> bool:
        """Whether the ask is said before the product type."""
        if ask.name == "brand":
            return True
        return self.lexicon.attributes[ask.name].adjective and self.rng.random() < 0.5

    def after(self, ask: Ask) -> str:
        return self.rng.choice(self.lexicon.attributes[ask.name].suffix).format(self.word(ask))

    def noun(self, asks: list[Ask], name: str) -> tuple[str, list[Ask]]:
        """The wanted asks around ``name``, and the asks in the order they are said."""
        front = [ask for ask in asks if self.before(ask)]
        back = [ask for ask in asks if ask not in front]
        words = [*map(self.word, front), name, *map(self.after, back)]
        return " ".join(words), front + back

    def _ask(self, name: str, avoid: bool) -> Ask:
        values = self.lexicon.departments[self.product_type.department].values[name]
        has = self.anchor.attributes.get(name) if self.anchor else None
        return Ask(name, self._pick(values, has, avoid), avoid)

    def _pick(self, values: tuple[str, ...], has: str | None, avoid: bool) -> str:
        if has is not None and not avoid:
            return has
        return self.rng.choice([value for value in values if value != has or not avoid])


def draw_query(
    rng: random.Random, lexicon: Lexicon, anchor: CatalogueItem | None = None
) -> Query:
    """A query with its meaning. With ``anchor`` that product satisfies what is asked, unless
    knowledge implies otherwise."""
    kind = rng.choices(list(TYPE_SHARES), weights=list(TYPE_SHARES.values()))[0]
    names = [anchor.type_name] if anchor else list(lexicon.types)
    product_type = lexicon.types[rng.choice(names)]
    text, asks = _GRAMMAR[kind](_Draw(rng, lexicon, product_type, anchor))
    return Query(text, kind, product_type.department, product_type.name, tuple(asks))


def _general(draw: _Draw) -> tuple[str, list[Ask]]:
    asks = draw.asks(draw.rng.choices((0, 1, 2, 3), weights=(20, 35, 35, 10))[0])
    if draw.rng.random() < 0.25:
        asks = [*asks[:2], draw.brand(avoid=False)]
    return draw.noun(asks, draw.name())


def _negation(draw: _Draw) -> tuple[str, list[Ask]]:
    wanted = draw.asks(draw.rng.choices((0, 1, 2), weights=(35, 50, 15))[0])
    taken = tuple(ask.name for ask in wanted)
    avoided = draw.asks(draw.rng.choices((1, 2), weights=(80, 20))[0], True, taken)
    noun, asks = draw.noun(wanted, draw.name())
    if len(avoided) == 1 and draw.rng.random() < 0.25:
        return f"non {draw.word(avoided[0])} {noun}", [*avoided, *asks]
    tail = [draw.rng.choice(NEGATIONS).format(draw.word(ask)) for ask in avoided]
    return f"{noun} {' and '.join(tail)}", asks + avoided


def _alternatives(draw: _Draw) -> tuple[str, list[Ask]]:
    brand = draw.brand(avoid=True)
    pattern = draw.rng.choice(ALTERNATIVES)
    other = f"{brand.value} {draw.name()}"
    form = draw.rng.random()
    if form < 0.35:
        return f"cheaper {pattern.format(other)}", [Ask("price", "budget"), brand]
    extra = draw.asks(draw.rng.choices((0, 1, 2), weights=(20, 60, 20))[0])
    tail = [draw.after(ask) for ask in extra]
    joined = f" but {' '.join(tail)}" if tail else ""
    return f"{pattern.format(other)}{joined}", [brand, *extra]


def _qa(draw: _Draw) -> tuple[str, list[Ask]]:
    asks = draw.asks(draw.rng.choices((1, 2), weights=(55, 45))[0])
    noun, stated = draw.noun(asks, draw.name())
    return draw.rng.choice(QUESTIONS).format(noun), stated


def _knowledge(draw: _Draw) -> tuple[str, list[Ask]]:
    knowledge = draw.rng.choice(draw.product_type.knows)
    implied = [Ask(name, value) for name, value in knowledge.implied]
    count = draw.rng.choices((0, 1, 2), weights=(20, 55, 25))[0]
    extra = draw.asks(count, taken=tuple(ask.name for ask in implied))
    text = " ".join([knowledge.phrase, *(draw.after(ask) for ask in extra)])
    return text, implied + extra


_GRAMMAR: dict[str, Callable[[_Draw], tuple[str, list[Ask]]]] = {
    "general": _general,
    "negation": _negation,
    "alternatives": _alternatives,
    "qa": _qa,
    "knowledge": _knowledge,
}

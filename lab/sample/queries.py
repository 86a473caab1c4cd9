"""Queries of the five types, drawn from the grammar together with what they mean."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from lab.sample.lexicon import Lexicon, ProductType
from lab.sample.phrases import PHRASES, Phrases, typed, with_article
from lab.sample.products import CHINESE_RATE
from lab.sample.world import Ask, CatalogueItem, Query, meets

_MOST_ASKS = 3  # of a query; a CoT has two lines for each of them, and one quotation
TYPE_SHARES = {"general": 30, "negation": 22, "alternatives": 14, "qa": 17, "knowledge": 17}


@dataclass(frozen=True, slots=True)
class _Draw:
    """One query in the making; ``anchor`` is a product that should be able to satisfy it."""

    rng: random.Random
    lexicon: Lexicon
    product_type: ProductType
    anchor: CatalogueItem | None
    locale: str

    @property
    def phrases(self) -> Phrases:
        return PHRASES[self.locale]

    def name(self) -> str:
        if self.locale == "zh":
            return self.rng.choice(self.lexicon.chinese.types[self.product_type.name])
        says = self.product_type.says
        return self.rng.choice(says) if self.rng.random() < 0.3 else self.product_type.name

    def asks(self, count: int, avoid: bool = False, taken: tuple[str, ...] = ()) -> list[Ask]:
        """Up to ``count`` asks over distinct attributes of the department, in random order."""
        known = self.lexicon.attributes
        local = self.lexicon.values_of(self.product_type.name)
        names = [n for n in local if n not in taken and (known[n].negatable or not avoid)]
        chosen = self.rng.sample(names, min(count, len(names)))
        return [ask for name in chosen if (ask := self._ask(name, avoid))]

    def brand(self, avoid: bool) -> Ask:
        brands = self.lexicon.departments[self.product_type.department].brands
        has = self.anchor.attributes["brand"] if self.anchor else None
        return Ask("brand", self._pick(brands, has, avoid), avoid)

    def word(self, ask: Ask) -> str:
        if ask.name == "brand":
            return ask.value if self.rng.random() < 0.7 else ask.value.lower()
        if self.locale == "zh":
            return self.rng.choice(self.lexicon.chinese.values[ask.value])
        says = self.lexicon.attributes[ask.name].says.get(ask.value, ())
        return self.rng.choice(says) if says and self.rng.random() < 0.4 else ask.value

    def before(self, ask: Ask) -> bool:
        """Whether the ask is said before the product type."""
        if self.locale == "zh" and ask.name != "price":
            return True
        if ask.name == "brand":
            return True
        return self.lexicon.attributes[ask.name].adjective and self.rng.random() < 0.5

    def after(self, ask: Ask) -> str:
        if self.locale == "zh":
            return self.word(ask)
        return self.rng.choice(self.lexicon.attributes[ask.name].suffix).format(self.word(ask))

    def noun(self, asks: list[Ask], name: str) -> tuple[str, list[Ask]]:
        """The wanted asks around ``name``, and the asks in the order they are said."""
        front = [ask for ask in asks if self.before(ask)]
        back = [ask for ask in asks if ask not in front]
        words = [*map(self.word, front), name, *map(self.after, back)]
        return " ".join(words), front + back

    def _ask(self, name: str, avoid: bool) -> Ask | None:
        values = self.lexicon.departments[self.product_type.department].values[name]
        has = self.anchor.attributes.get(name) if self.anchor else None
        if limits := self.lexicon.attributes[name].limits:
            useful = [x for x in limits if 0 < sum(meets(x, v) for v in values) < len(values)]
            kept = [x for x in useful if has is None or meets(x, has)]
            return Ask(name, self.rng.choice(kept)) if kept else None
        return Ask(name, self._pick(values, has, avoid), avoid)

    def _pick(self, values: tuple[str, ...], has: str | None, avoid: bool) -> str:
        if has is not None and not avoid:
            return has
        return self.rng.choice([value for value in values if value != has or not avoid])


def draw_query(
    rng: random.Random,
    lexicon: Lexicon,
    anchor: CatalogueItem | None = None,
    *,
    careful: bool = False,
) -> Query:
    """A query with its meaning. With ``anchor`` that product satisfies what is asked, unless
    knowledge implies otherwise. A ``careful`` shopper makes no typing mistakes."""
    kind = rng.choices(list(TYPE_SHARES), weights=list(TYPE_SHARES.values()))[0]
    names = [anchor.type_name] if anchor else list(lexicon.types)
    product_type = lexicon.types[rng.choice(names)]
    locale = anchor.locale if anchor else "en"
    if anchor is None and product_type.department in lexicon.chinese.departments:
        locale = "zh" if rng.random() < CHINESE_RATE else "en"
    text, asks = _GRAMMAR[kind](_Draw(rng, lexicon, product_type, anchor, locale))
    if locale == "en" and not careful:
        text = typed(rng, text)
    return Query(text, kind, product_type.department, product_type.name, tuple(asks), locale)


def _general(draw: _Draw) -> tuple[str, list[Ask]]:
    asks = draw.asks(draw.rng.choices((0, 1, 2, 3), weights=(20, 35, 35, 10))[0])
    if draw.rng.random() < 0.25:
        asks = [*asks[:2], draw.brand(avoid=False)]
    return draw.noun(asks, draw.name())


def _negation(draw: _Draw) -> tuple[str, list[Ask]]:
    avoided = draw.asks(draw.rng.choices((1, 2), weights=(80, 20))[0], avoid=True)
    taken = tuple(ask.name for ask in avoided)
    more = draw.rng.choices((0, 1, 2), weights=(35, 50, 15))[0]
    wanted = draw.asks(min(more, _MOST_ASKS - len(avoided)), taken=taken)
    noun, asks = draw.noun(wanted, draw.name())
    tail = [draw.rng.choice(draw.phrases.negations).format(draw.word(ask)) for ask in avoided]
    return f"{noun} {draw.phrases.joint.join(tail)}", asks + avoided


def _alternatives(draw: _Draw) -> tuple[str, list[Ask]]:
    brand = draw.brand(avoid=True)
    other = f"{draw.word(brand)} {draw.name()}"
    extra = draw.asks(draw.rng.choices((0, 1, 2), weights=(20, 60, 20))[0])
    text = draw.rng.choice(draw.phrases.alternatives).format(other)
    return " ".join([text, *map(draw.after, extra)]), [brand, *extra]


def _qa(draw: _Draw) -> tuple[str, list[Ask]]:
    asks = draw.asks(draw.rng.choices((1, 2), weights=(55, 45))[0])
    noun, stated = draw.noun(asks, draw.name())
    question = draw.rng.choice(draw.phrases.questions)
    return question.format(noun, with_article(noun, draw.product_type.name)), stated


def _knowledge(draw: _Draw) -> tuple[str, list[Ask]]:
    knowledge = draw.rng.choice(draw.product_type.knows)
    implied = [Ask(name, value) for name, value in knowledge.implied]
    count = draw.rng.choices((0, 1, 2), weights=(20, 55, 25))[0]
    extra = draw.asks(count, taken=tuple(ask.name for ask in implied))
    phrase = knowledge.phrase
    if draw.locale == "zh":
        phrase = draw.lexicon.chinese.phrases[phrase]
    return " ".join([phrase, *(draw.after(ask) for ask in extra)]), implied + extra


_GRAMMAR: dict[str, Callable[[_Draw], tuple[str, list[Ask]]]] = {
    "general": _general,
    "negation": _negation,
    "alternatives": _alternatives,
    "qa": _qa,
    "knowledge": _knowledge,
}

"""Products of the sample world, drawn from the lexicon and written as shops write them."""

from __future__ import annotations

import random
from collections.abc import Mapping

from lab.sample.lexicon import Lexicon
from lab.sample.world import CatalogueItem, meets

MISSING_RATE = 0.08  # share of attributes a merchant left out; the brand is always stated
CHINESE_RATE = 0.5  # of the departments that are sold in Chinese, too


def draw_product(
    rng: random.Random,
    lexicon: Lexicon,
    type_name: str,
    product_id: str = "",
    given: Mapping[str, str] | None = None,
    locale: str | None = None,
) -> CatalogueItem:
    """A product of the type; ``given`` fixes values, or limits to keep, of attributes that the
    department knows."""
    department = lexicon.departments[lexicon.types[type_name].department]
    if department.name not in lexicon.chinese.departments:
        locale = "en"
    locale = locale or ("zh" if rng.random() < CHINESE_RATE else "en")
    given = given or {}
    attributes = {"brand": given.get("brand") or rng.choice(department.brands)}
    for name, values in lexicon.values_of(type_name).items():
        if name in given:
            attributes[name] = rng.choice([v for v in values if meets(given[name], v)])
        elif rng.random() >= MISSING_RATE:
            attributes[name] = rng.choice(values)
    lines = {
        name: (_label(lexicon, name, locale), _shown(rng, lexicon, name, value, locale))
        for name, value in attributes.items()
    }
    title = _title(rng, lexicon, type_name, lines, locale)
    return CatalogueItem(
        product_id,
        title,
        department.name,
        type_name,
        attributes,
        _description(title, lines, locale),
        lines,
        _category_path(lexicon, department.name, type_name, locale),
        locale,
    )


def draw_catalogue(rng: random.Random, lexicon: Lexicon, size: int) -> list[CatalogueItem]:
    """``size`` products with distinct titles, spread evenly over the product types."""
    types = list(lexicon.types)
    products: list[CatalogueItem] = []
    titles: set[str] = set()
    while len(products) < size:
        number = len(products)
        product = draw_product(rng, lexicon, types[number % len(types)], f"p{number:05d}")
        if product.title not in titles:
            titles.add(product.title)
            products.append(product)
    return products


def _label(lexicon: Lexicon, name: str, locale: str) -> str:
    return lexicon.chinese.attributes[name] if locale == "zh" else lexicon.label(name)


def _shown(rng: random.Random, lexicon: Lexicon, name: str, value: str, locale: str) -> str:
    if name == "brand":
        return value
    if name == "price":
        return _price(rng, value)
    if locale == "zh":
        return rng.choice(lexicon.chinese.values[value])
    return rng.choice(lexicon.attributes[name].shown.get(value, (value.capitalize(),)))


def _price(rng: random.Random, value: str) -> str:
    amount = value.split()[0]
    return rng.choice((value, f"€{amount}", f"{amount.replace('.', ',')} €"))


def _title(
    rng: random.Random,
    lexicon: Lexicon,
    type_name: str,
    lines: Mapping[str, tuple[str, str]],
    locale: str,
) -> str:
    names: tuple[str, ...] = (type_name, *lexicon.types[type_name].says)
    if locale == "zh":
        names = lexicon.chinese.types[type_name]
    name = names[0] if rng.random() < 0.6 else rng.choice(names)
    extra = [value for key, (_, value) in lines.items() if key not in ("brand", "price")]
    chosen = rng.sample(extra, min(len(extra), rng.choice((0, 1, 1, 2))))
    head = f"{lines['brand'][1]} {rng.choice(lexicon.models)}"
    if locale == "zh":
        return " ".join([head, *chosen, name])
    return ", ".join([f"{head} {titled(name)}", *chosen])


def titled(name: str) -> str:
    """Capitals as in a product title; words that have some already keep them."""
    return " ".join(
        word if word != word.lower() else word.capitalize() for word in name.split()
    )


def _category_path(lexicon: Lexicon, department: str, type_name: str, locale: str) -> str:
    if locale == "zh":
        words = lexicon.chinese
        return f"{words.departments[department]} > {words.types[type_name][0]}"
    return f"{department.capitalize()} > {type_name.capitalize()}"


def _description(title: str, lines: Mapping[str, tuple[str, str]], locale: str) -> str:
    told = [f"{label}: {value}" for key, (label, value) in lines.items() if key != "brand"]
    if locale == "zh":
        return f"{title}。{'；'.join(told)}。"
    return f"{title}. {'; '.join(told)}." if told else f"{title}."

"""Products of the sample world, drawn from the lexicon."""

from __future__ import annotations

import random
from collections.abc import Mapping

from lab.sample.lexicon import Lexicon
from lab.sample.world import CatalogueItem

MISSING_RATE = 0.08  # share of attributes a merchant left out; the brand is always stated


def draw_product(
    rng: random.Random,
    lexicon: Lexicon,
    type_name: str,
    product_id: str = "",
    given: Mapping[str, str] | None = None,
) -> CatalogueItem:
    """A product of the type; ``given`` fixes values of attributes the department knows."""
    product_type = lexicon.types[type_name]
    department = lexicon.departments[product_type.department]
    given = given or {}
    model = rng.choice(lexicon.models)
    attributes = {"brand": given.get("brand") or rng.choice(department.brands)}
    for name, values in department.values.items():
        if name in given:
            attributes[name] = given[name]
        elif rng.random() >= MISSING_RATE:
            attributes[name] = rng.choice(values)
    name = rng.choice(product_type.says) if rng.random() < 0.3 else type_name
    shown = [v for k, v in attributes.items() if k not in ("brand", "price")]
    word = f"{rng.choice(shown)} " if shown and rng.random() < 0.4 else ""
    title = f"{attributes['brand']} {model} {word}{name}"
    return CatalogueItem(
        product_id,
        title,
        department.name,
        type_name,
        attributes,
        _description(rng, model, type_name, attributes),
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


def _description(
    rng: random.Random, model: str, type_name: str, attributes: Mapping[str, str]
) -> str:
    facts = [f"{name} {value}" for name, value in attributes.items() if name != "brand"]
    rng.shuffle(facts)
    listed = ", ".join(facts) or "no further details"
    return f"The {model} {type_name} by {attributes['brand']}: {listed}."

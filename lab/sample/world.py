"""The records of the sample world: what is asked, what is sold, and what is true of a pair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from annotation.cot.rules import DEFAULT_RULES, parse_rules
from training.job.prompts import PairText

RULES = parse_rules(DEFAULT_RULES)


@dataclass(frozen=True, slots=True)
class Ask:
    """One attribute a query asks for (``avoid`` False) or rules out (``avoid`` True)."""

    name: str
    value: str
    avoid: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    text: str
    query_type: str  # general | negation | alternatives | qa | knowledge
    department: str
    type_name: str
    asks: tuple[Ask, ...]


@dataclass(frozen=True, slots=True)
class CatalogueItem:
    product_id: str
    title: str
    department: str
    type_name: str
    attributes: Mapping[str, str]  # ordered; a missing one is absent
    description: str

    @property
    def category_path(self) -> str:
        return f"{self.department} > {self.type_name}"


@dataclass(frozen=True, slots=True)
class TrueClaims:
    category: str
    attribute: str
    tier: str


def pair_text(query: Query, product: CatalogueItem) -> PairText:
    """What a model sees of the pair."""
    return PairText(
        query.text,
        product.title,
        product.category_path,
        product.attributes,
        product.description,
    )


def satisfied(ask: Ask, product: CatalogueItem) -> bool:
    """Whether the product has the wanted value, or visibly lacks the avoided one.

    An attribute the product does not state satisfies nothing: nobody can check it.
    """
    value = product.attributes.get(ask.name)
    return value is not None and (value == ask.value) != ask.avoid


def truth_of(query: Query, product: CatalogueItem) -> TrueClaims:
    """Category: same type, same department, or neither. Attribute: over the asked attributes.
    Tier: by the default rules table."""
    if product.type_name == query.type_name:
        category = "match"
    else:
        category = "related" if product.department == query.department else "mismatch"
    attribute = attribute_level([satisfied(ask, product) for ask in query.asks])
    tier = RULES.tier_for(category, attribute)
    if tier is None:
        raise ValueError(f"the rules have no tier for {category} x {attribute}")
    return TrueClaims(category, attribute, tier)


def attribute_level(met: list[bool]) -> str:
    """all, partial or none of the asked attributes; not_requested when nothing was asked."""
    if not met:
        return "not_requested"
    if all(met):
        return "all"
    return "partial" if any(met) else "none"

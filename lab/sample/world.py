"""The records of the sample world: what is asked, what is sold, and what is true of a pair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from annotation.cot.rules import DEFAULT_RULES, parse_rules
from training.job.prompts import PairText, PromptVersion

PROMPT_VERSION: PromptVersion = "1"  # of the shipped policy, which learns the sample
RULES = parse_rules(DEFAULT_RULES)
UNDER = "under "


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
    locale: str = "en"


@dataclass(frozen=True, slots=True)
class CatalogueItem:
    """``attributes`` says what is true of the product, in the lexicon's words; ``lines`` how
    its page writes each of them. Both are ordered; a missing one is absent."""

    product_id: str
    title: str
    department: str
    type_name: str
    attributes: Mapping[str, str]
    description: str
    lines: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # name -> label, value
    category_path: str = ""
    locale: str = "en"

    @property
    def shown(self) -> dict[str, str]:
        """The attribute list of the product's page."""
        return dict(self.lines.values())

    def line(self, name: str) -> str:
        """The page's own line about an attribute that it states."""
        return ": ".join(self.lines.get(name) or (name.capitalize(), self.attributes[name]))


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
        product.shown,
        product.description,
    )


def satisfied(ask: Ask, product: CatalogueItem) -> bool:
    """Whether the product has the wanted value, or visibly lacks the avoided one.

    An attribute the product does not state satisfies nothing: nobody can check it.
    """
    value = product.attributes.get(ask.name)
    return value is not None and meets(ask.value, value) != ask.avoid


def meets(wanted: str, stated: str) -> bool:
    """Whether a stated value is the wanted one, or within a wanted limit."""
    if wanted.startswith(UNDER):
        return _amount(stated) < _amount(wanted.removeprefix(UNDER))
    return stated == wanted


def _amount(price: str) -> Decimal:
    return Decimal(price.split()[0])


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

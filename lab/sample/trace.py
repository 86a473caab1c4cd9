"""The five step bodies of a pair: terse lines that restate both sides next to one another.

A step carries its own evidence, so that a reader, a person or a small model, never has to look
further than the line it is on. Every value is written as in the product text.
"""

from __future__ import annotations

from dataclasses import dataclass

from annotation.cot.steps import Layout, StepKind, render
from lab.sample.world import Ask, CatalogueItem, Query, TrueClaims, satisfied, truth_of

MISSING = "unknown"  # what step 2 writes for an attribute that the product does not state


@dataclass(frozen=True, slots=True)
class Reading:
    """What a writer makes of a pair: the asks as understood and the three claims."""

    asks: tuple[Ask, ...]
    category: str
    attribute: str
    tier: str


def true_reading(query: Query, product: CatalogueItem) -> Reading:
    """The reading without any mistake."""
    truth: TrueClaims = truth_of(query, product)
    return Reading(query.asks, truth.category, truth.attribute, truth.tier)


def bodies(query: Query, product: CatalogueItem, reading: Reading) -> dict[StepKind, str]:
    """The bodies of the five steps for one reading, without headings."""
    asks = reading.asks
    claim = f"category {reading.category} attribute {reading.attribute}"
    lines: dict[StepKind, list[str]] = {
        StepKind.QUERY: [
            f"type: {query.query_type}",
            f"want: {query.type_name} in {query.department}",
            *(f"{ask.name}: {_wish(ask)}" for ask in asks),
        ],
        StepKind.ITEM: [
            f"product: {product.type_name} in {product.department}",
            *(f"{ask.name}: {_has(ask, product)}" for ask in asks),
        ],
        StepKind.CATEGORY: [
            f"product: {_compared(query.type_name, product.type_name)}",
            f"department: {_compared(query.department, product.department)}",
            f"category: {reading.category}",
        ],
        StepKind.ATTRIBUTE: [
            *(_attribute_line(ask, product) for ask in asks),
            f"attribute: {reading.attribute}",
        ],
        StepKind.FINAL: [claim, f"tier: {reading.tier}"],
    }
    return {kind: "\n".join(body) for kind, body in lines.items()}


def reference_bodies(query: Query, product: CatalogueItem) -> dict[StepKind, str]:
    """The bodies of the correct CoT."""
    return bodies(query, product, true_reading(query, product))


def cot(
    query: Query, product: CatalogueItem, reading: Reading, layout: Layout = "answer_last"
) -> str:
    """The whole CoT text, headings included, newline-terminated.

    ``answer_first`` gives of the final step its claim alone: its evidence sums up steps that
    are written later.
    """
    text = bodies(query, product, reading)
    if layout == "answer_first":
        text[StepKind.FINAL] = f"tier: {reading.tier}"
    return render(text, layout)


def _wish(ask: Ask) -> str:
    return f"not {ask.value}" if ask.avoid else ask.value


def _has(ask: Ask, product: CatalogueItem) -> str:
    return product.attributes.get(ask.name, MISSING)


def _compared(left: str, right: str) -> str:
    return f"{left} {right} {'same' if left == right else 'different'}"


def _attribute_line(ask: Ask, product: CatalogueItem) -> str:
    has = _has(ask, product)
    relation = "same" if has == ask.value else "different"
    if has == MISSING:
        relation = "missing"
    met = "met" if satisfied(ask, product) else "unmet"
    return f"{ask.name}: {_wish(ask)} {has} {relation} {met}"

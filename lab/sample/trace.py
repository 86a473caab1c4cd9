"""The five step bodies of a pair: short sentences that carry their evidence.

Step 2 quotes the product's own lines and says what each means in the lexicon's words; the
comparisons of steps 3 and 4 restate both sides in those words, so that a reader, a person or a
small model, never has to look further than the line it is on.
"""

from __future__ import annotations

from dataclasses import dataclass

from annotation.cot.steps import Layout, StepKind, render
from lab.sample.lexicon import load_lexicon
from lab.sample.phrases import with_article
from lab.sample.world import UNDER, Ask, CatalogueItem, Query, TrueClaims, meets, truth_of

UNKNOWN = "unknown"  # an attribute that the product does not state


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
    lines: dict[StepKind, list[str]] = {
        StepKind.QUERY: [
            f"Wants {_some(query.type_name, query.department)}",
            *(_wish(ask) for ask in asks),
        ],
        StepKind.ITEM: [
            f'"{product.category_path}" is {_some(product.type_name, product.department)}',
            *(_stated(ask, product) for ask in asks),
        ],
        StepKind.CATEGORY: [
            compared("Type", query.type_name, product.type_name),
            compared("Department", query.department, product.department),
            f"category: {reading.category}",
        ],
        StepKind.ATTRIBUTE: [
            *(met_or_not(ask, product.attributes.get(ask.name)) for ask in asks),
            f"attribute: {reading.attribute}",
        ],
        StepKind.FINAL: [
            f"Category {reading.category}, attribute {reading.attribute}.",
            f"tier: {reading.tier}",
        ],
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


def compared(what: str, wanted: str, offered: str) -> str:
    """Both sides next to one another, then the relation."""
    return f"{what}: {wanted} {offered} {_relation(wanted == offered)}"


def met_or_not(ask: Ask, value: str | None) -> str:
    """A wish beside what the product states, how they compare, and what follows."""
    relation, met = "missing", False
    if value is not None:
        inside = meets(ask.value, value)
        limit = ask.value.startswith(UNDER)
        relation = ("below" if inside else "above") if limit else _relation(inside)
        met = inside != ask.avoid
    return f"{_wish(ask)} {value or UNKNOWN} {relation}, {'met' if met else 'unmet'}"


def _relation(same: bool) -> str:
    return "same" if same else "different"


def _wish(ask: Ask) -> str:
    return f"{_label(ask)}: {'not ' if ask.avoid else ''}{ask.value}"


def _label(ask: Ask) -> str:
    return load_lexicon().label(ask.name)


def _some(type_name: str, department: str) -> str:
    return f"{with_article(type_name, type_name)}, department {department}."


def _stated(ask: Ask, product: CatalogueItem) -> str:
    """The product's own line, and its meaning."""
    value = product.attributes.get(ask.name)
    if value is None:
        return f"{_label(ask)}: {UNKNOWN}"
    return f'"{product.line(ask.name)}" is {value}'

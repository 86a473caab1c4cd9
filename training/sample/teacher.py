"""An imperfect teacher: it writes CoTs with systematic mistakes, as annotators' drafts and
LLM-written CoTs have them. The seed policy learns from it, so people have something to fix."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from training.sample.trace import Reading, true_reading
from training.sample.world import RULES, Product, Query, attribute_level, satisfied


@dataclass(frozen=True, slots=True)
class Biases:
    """Rates in [0, 1] at which the teacher slips; all zero is a perfect teacher.

    ``overlook_negation``: an avoided value is read as wanted (one draw a query).
    ``sibling_as_match`` / ``sibling_as_mismatch``: a related type is judged otherwise.
    ``partial_as_all``: one unmet ask is forgiven.
    ``outdated``: cells of the rules table judged by an older guideline: (category, attribute)
    -> (tier written, rate).
    """

    overlook_negation: float = 0.0
    sibling_as_match: float = 0.0
    sibling_as_mismatch: float = 0.0
    partial_as_all: float = 0.0
    outdated: Mapping[tuple[str, str], tuple[str, float]] = field(default_factory=dict)


PERFECT = Biases()


def biased_reading(
    rng: random.Random, query: Query, product: Product, biases: Biases
) -> Reading:
    """What the teacher makes of the pair. Mistakes carry on: a tier follows from the claims."""
    reading = true_reading(query, product)
    if any(a.avoid for a in query.asks) and rng.random() < biases.overlook_negation:
        asks = tuple(replace(ask, avoid=False) for ask in query.asks)
        level = attribute_level([satisfied(ask, product) for ask in asks])
        reading = replace(reading, asks=asks, attribute=level)
    draw = rng.random()
    if reading.category == "related" and draw < biases.sibling_as_match:
        reading = replace(reading, category="match")
    elif reading.category == "related" and draw > 1 - biases.sibling_as_mismatch:
        reading = replace(reading, category="mismatch")
    if reading.attribute == "partial" and rng.random() < biases.partial_as_all:
        reading = replace(reading, attribute="all")
    cell = (reading.category, reading.attribute)
    tier, rate = biases.outdated.get(cell, ("", 0.0))
    if rng.random() >= rate:
        tier = RULES.tier_for(*cell) or ""
    return replace(reading, tier=tier)

"""An imperfect teacher: it writes CoTs with systematic mistakes, as annotators' drafts and
LLM-written CoTs have them. The seed policy learns from it, so people have something to fix."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from lab.sample.trace import Reading, true_reading
from lab.sample.world import RULES, CatalogueItem, Query, attribute_level, satisfied


@dataclass(frozen=True, slots=True)
class Biases:
    """Rates in [0, 1] at which the teacher slips; all zero is a perfect teacher.

    ``overlook_negation``: avoided values are read as wanted (one draw a query).
    ``sibling_as_match`` / ``sibling_as_mismatch``: a related type is judged otherwise.
    ``sibling_serves_need``: the same as ``sibling_as_match``, but for knowledge queries, which
    name a need and no type, so any type of the department is taken to serve it.
    ``partial_as_all``: unmet asks are forgiven when another one is met.
    ``outdated``: cells of the rules table judged by an older guideline: (category, attribute)
    -> (tier written, rate).
    """

    overlook_negation: float = 0.0
    sibling_as_match: float = 0.0
    sibling_as_mismatch: float = 0.0
    sibling_serves_need: float = 0.0
    partial_as_all: float = 0.0
    outdated: Mapping[tuple[str, str], tuple[str, float]] = field(default_factory=dict)


PERFECT = Biases()

# Rates above one half decide what the policy does greedily; the others show in samples only.
SEED_TEACHER = Biases(
    overlook_negation=0.35,
    sibling_as_match=0.25,
    sibling_as_mismatch=0.12,
    sibling_serves_need=0.6,
    partial_as_all=0.46,
    outdated={
        ("related", "all"): ("2", 0.58),
        ("related", "not_requested"): ("2", 0.58),
        ("match", "none"): ("3", 0.42),
    },
)

# Most of what it says of hard pairs rests on a wrong step 3 or 4, often on both, and the tier
# rule fails on top: an answer alone rarely tells which step to blame.
CARELESS_TEACHER = Biases(
    overlook_negation=0.6,
    sibling_as_match=0.5,
    sibling_as_mismatch=0.2,
    sibling_serves_need=0.65,
    partial_as_all=0.6,
    outdated={
        ("related", "all"): ("2", 0.58),
        ("related", "not_requested"): ("2", 0.58),
        ("match", "partial"): ("2", 0.55),
        ("match", "none"): ("3", 0.55),
    },
)
TEACHERS = {"seed": SEED_TEACHER, "careless": CARELESS_TEACHER}


def biased_reading(
    rng: random.Random, query: Query, product: CatalogueItem, biases: Biases
) -> Reading:
    """What the teacher makes of the pair. Mistakes carry on: a tier follows from the claims."""
    reading = true_reading(query, product)
    if any(ask.avoid for ask in query.asks) and rng.random() < biases.overlook_negation:
        asks = tuple(replace(ask, avoid=False) for ask in query.asks)
        level = attribute_level([satisfied(ask, product) for ask in asks])
        reading = replace(reading, asks=asks, attribute=level)
    if reading.category == "related":
        reading = replace(reading, category=_sibling(rng, query, biases))
    if reading.attribute == "partial" and rng.random() < biases.partial_as_all:
        reading = replace(reading, attribute="all")
    cell = (reading.category, reading.attribute)
    tier, rate = biases.outdated.get(cell, ("", 0.0))
    if rng.random() >= rate:
        tier = RULES.tier_for(*cell) or ""
    return replace(reading, tier=tier)


def _sibling(rng: random.Random, query: Query, biases: Biases) -> str:
    knowledge = query.query_type == "knowledge"
    upward = biases.sibling_serves_need if knowledge else biases.sibling_as_match
    weights = (upward, biases.sibling_as_mismatch, 1 - upward - biases.sibling_as_mismatch)
    return rng.choices(("match", "mismatch", "related"), weights=weights)[0]

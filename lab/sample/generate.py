"""The built-in sample: queries, a catalogue and pairs to judge, reproducible from a seed."""

from __future__ import annotations

import random
from dataclasses import dataclass

from annotation.cot.splits import Split, normal_query, split_of
from annotation.cot.steps import StepKind
from lab.sample.lexicon import Lexicon, load_lexicon
from lab.sample.products import draw_catalogue
from lab.sample.queries import draw_query
from lab.sample.trace import reference_bodies
from lab.sample.world import CatalogueItem, Query, TrueClaims, truth_of

QUERIES, PRODUCTS, PAIRS_A_QUERY = 400, 3000, 12
_STRANGERS = 40  # products of other departments considered for a query


@dataclass(frozen=True, slots=True)
class SamplePair:
    query: Query
    product: CatalogueItem
    truth: TrueClaims

    @property
    def split(self) -> Split:
        return split_of(self.query.text)

    @property
    def bodies(self) -> dict[StepKind, str]:
        """The reference bodies of the five steps."""
        return reference_bodies(self.query, self.product)


@dataclass(frozen=True, slots=True)
class GeneratedShop:
    queries: tuple[Query, ...]
    products: tuple[CatalogueItem, ...]
    pairs: tuple[SamplePair, ...]


def generate(
    seed: int = 0,
    queries: int = QUERIES,
    products: int = PRODUCTS,
    pairs_a_query: int = PAIRS_A_QUERY,
) -> GeneratedShop:
    """The sample of a seed: equal arguments give equal samples.

    Pairs of a query are spread over the tiers it can have, then over the truth cells of the
    tier, so that the tiers are about balanced and no product repeats within a query.
    """
    rng = random.Random(seed)
    lexicon = load_lexicon()
    catalogue = draw_catalogue(rng, lexicon, products)
    drawn = _queries(rng, lexicon, catalogue, queries)
    pairs = [pair for query in drawn for pair in _pairs(rng, query, catalogue, pairs_a_query)]
    return GeneratedShop(tuple(drawn), tuple(catalogue), tuple(pairs))


def _queries(
    rng: random.Random, lexicon: Lexicon, catalogue: list[CatalogueItem], count: int
) -> list[Query]:
    by_text: dict[str, Query] = {}
    while len(by_text) < count:
        query = draw_query(rng, lexicon, anchor=rng.choice(catalogue))
        by_text.setdefault(normal_query(query.text), query)
    return list(by_text.values())


def _pairs(
    rng: random.Random, query: Query, catalogue: list[CatalogueItem], count: int
) -> list[SamplePair]:
    tiers = _by_tier(rng, query, catalogue)
    chosen: list[SamplePair] = []
    while tiers and len(chosen) < count:
        cells = tiers[rng.choice(sorted(tiers))]
        cell = rng.choice(sorted(cells))
        chosen.append(cells[cell].pop())
        if not cells[cell]:
            del cells[cell]
        tiers = {tier: left for tier, left in tiers.items() if left}
    return chosen


def _by_tier(
    rng: random.Random, query: Query, catalogue: list[CatalogueItem]
) -> dict[str, dict[tuple[str, str], list[SamplePair]]]:
    """Tier -> (category, attribute) -> candidate pairs in random order."""
    sold = [p for p in catalogue if p.locale == query.locale]
    near = [p for p in sold if p.department == query.department]
    far = [p for p in sold if p.department != query.department]
    candidates = near + rng.sample(far, min(_STRANGERS, len(far)))
    rng.shuffle(candidates)
    tiers: dict[str, dict[tuple[str, str], list[SamplePair]]] = {}
    for product in candidates:
        truth = truth_of(query, product)
        cells = tiers.setdefault(truth.tier, {})
        cells.setdefault((truth.category, truth.attribute), []).append(
            SamplePair(query, product, truth)
        )
    return tiers

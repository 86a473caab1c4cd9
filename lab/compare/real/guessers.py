"""Arms without a policy: a tier for every pair of the test queries, in seconds. Settings are
those of the library: nothing is chosen, so the validation queries are not looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier

from annotation.cot.steps import StepKind, parse
from lab.compare.benchmark import Row
from lab.compare.real.features import pair_features
from lab.compare.real.folds import Fold
from lab.compare.real.ratings import RULES, overlap_tier, text_of, tier_of
from lab.compare.real.shop import Shop, shop_of
from lab.compare.real.written import fitted_table, fitted_tier
from training.rl.method.linear import BagOfWords
from training.rollouts.catalogue.writer import PairReading, catalogue_cot, catalogue_reading

Tiers = list[str]
_WORST = "1"
_TREES = 300


@dataclass(frozen=True, slots=True)
class ReadPairs:
    """What can be read of every pair without a rating; ``columns`` by pair_id."""

    shop: Shop
    columns: Mapping[str, list[float]]


@dataclass(frozen=True, slots=True)
class Guesser:
    """``learns`` False: it needs no label, so that more of them change nothing."""

    name: str
    label: str
    guess: Callable[[Fold, ReadPairs, int], Tiers]
    learns: bool = True


def pairs_read(rows: Sequence[Row]) -> ReadPairs:
    shop = shop_of([text_of(row) for row in rows])
    columns = {row["pair_id"]: list(pair_features(text_of(row), shop).values()) for row in rows}
    return ReadPairs(shop, columns)


def by_overlap(fold: Fold, known: ReadPairs, seed: int) -> Tiers:
    return [overlap_tier(row) or _WORST for row in fold.test]


def by_writer(fold: Fold, known: ReadPairs, seed: int) -> Tiers:
    """The final step of the catalogue writer's CoT."""
    brands = known.shop.brands
    cots = [
        catalogue_cot(text_of(row), RULES, query_type=row["query_type"], brands=brands)
        for row in fold.test
    ]
    return [_final(cot) for cot in cots]


def by_fitted_writer(fold: Fold, known: ReadPairs, seed: int) -> Tiers:
    """The same with the table of its uses chosen on the fold's labels."""
    truths = [tier_of(row) for row in fold.train]
    table = fitted_table([_reading(row, known) for row in fold.train], truths, RULES)
    return [fitted_tier(_reading(row, known), table, RULES) for row in fold.test]


def by_words(fold: Fold, known: ReadPairs, seed: int) -> Tiers:
    model = BagOfWords(
        [text_of(row) for row in fold.train], [tier_of(row) for row in fold.train]
    )
    return model.tiers([text_of(row) for row in fold.test])


def by_extra_trees(fold: Fold, known: ReadPairs, seed: int) -> Tiers:
    return _answers(ExtraTreesClassifier(_TREES, random_state=seed), fold, known)


def by_boosted_trees(fold: Fold, known: ReadPairs, seed: int) -> Tiers:
    return _answers(HistGradientBoostingClassifier(random_state=seed), fold, known)


def _answers(model: Any, fold: Fold, known: ReadPairs) -> Tiers:
    """``model``: of scikit-learn, which carries no types."""
    train, test = (
        [known.columns[row["pair_id"]] for row in rows] for rows in (fold.train, fold.test)
    )
    model.fit(np.array(train), [int(tier_of(row)) for row in fold.train])
    return [str(tier) for tier in model.predict(np.array(test))]


def _reading(row: Row, known: ReadPairs) -> PairReading:
    pair = text_of(row)
    return catalogue_reading(pair, pair.product_lines, known.shop.brands)


def _final(cot: str) -> str:
    return next((s.value for s in parse(cot) if s.kind is StepKind.FINAL), None) or _WORST


GUESSERS = (
    Guesser("linear", "bag of words, logistic regression", by_words),
    Guesser("overlap", "the rule: word overlap and the rules table", by_overlap, learns=False),
    Guesser("trees", "pair features, extremely randomised trees", by_extra_trees),
    Guesser("boosted", "pair features, gradient boosted trees", by_boosted_trees),
    Guesser("writer", "catalogue writer as shipped", by_writer, learns=False),
    Guesser("writer_fitted", "catalogue writer, its table chosen on these labels",
            by_fitted_writer),
)  # fmt: skip

"""How far the catalogue writer gets on real ratings, beside the word-overlap rule.

    python -m bench.catalogue path/to/folder

The folder holds Quepid-style individual ratings with a product catalogue (docs/importing.md);
the truth is the median of the raters. The shipped table (``category.USES``) was chosen by
``fitted_table`` on the training and validation queries alone. The row "table of each fold"
chooses it anew on six folds of queries and measures it on the seventh.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.model_selection import GroupKFold

from annotation.cot.splits import split_of
from annotation.cot.steps import parse
from lab.compare.benchmark import Row
from lab.compare.real.folds import own_split
from lab.compare.real.guessers import by_extra_trees, pairs_read
from lab.compare.real.ratings import RULES, overlap_tier, ratings_read, text_of, tier_of
from lab.compare.real.written import fitted_table, fitted_tier
from training.rl.measure.classification import count_table, good_f1, kappa_quadratic, macro_f1
from training.rollouts.catalogue.writer import (
    PairReading,
    brands_named,
    catalogue_cot,
    catalogue_reading,
)

FOLDS = 7


def main(folder: Path) -> None:
    rows = ratings_read(folder).rows
    truths = [tier_of(row) for row in rows]
    brands = brands_named(row["attributes"].items() for row in rows)
    pairs = [text_of(row) for row in rows]
    readings = [catalogue_reading(pair, pair.product_lines, brands) for pair in pairs]
    written = [parse(catalogue_cot(pair, RULES, brands=brands))[-1].value for pair in pairs]
    overlap = [_overlap(row) for row in rows]
    queries = [row["query"] for row in rows]
    folds = [held_out for _, held_out in GroupKFold(FOLDS).split(queries, groups=queries)]
    test = [number for number, query in enumerate(queries) if split_of(query) == "test"]
    print(f"{len(rows)} pairs, {len(test)} of them of test queries; all parse")
    print("macro F1, quadratic kappa, Good F1")
    for name, tiers in (
        ("word overlap", overlap),
        ("catalogue writer", written),
        ("catalogue writer, table of each fold", _folded(readings, truths, folds)),
    ):
        print(f"{name}: all {_line(truths, tiers, range(len(rows)))}", end="; ")
        each = [_measures(truths, tiers, fold) for fold in folds]
        print(f"mean of {FOLDS} folds {_numbers(np.mean(each, axis=0))}", end="; ")
        print(f"test queries {_line(truths, tiers, test)}")
    print(f"trees on the training queries: test queries {_numbers(_by_trees(rows))}")


def _by_trees(rows: Sequence[Row]) -> list[float]:
    """What the labels of the training queries are worth without a CoT."""
    fold = own_split(rows)
    answers = by_extra_trees(fold, pairs_read(rows), 0)
    return _measures([tier_of(row) for row in fold.test], answers, range(len(answers)))


def _overlap(row: Row) -> str:
    return overlap_tier(row) or "1"


def _folded(
    readings: Sequence[PairReading],
    truths: Sequence[str],
    folds: Sequence[Sequence[int]],
) -> list[str]:
    tiers = [""] * len(readings)
    for fold in folds:
        rest = sorted(set(range(len(readings))) - {int(number) for number in fold})
        table = fitted_table([readings[n] for n in rest], [truths[n] for n in rest], RULES)
        for number in fold:
            tiers[number] = fitted_tier(readings[number], table, RULES)
    return tiers


def _measures(
    truths: Sequence[str], tiers: Sequence[str | None], of: Sequence[int]
) -> list[float]:
    table = count_table([truths[n] for n in of], [tiers[n] for n in of])
    return [macro_f1(table), kappa_quadratic(table) or 0.0, good_f1(table)]


def _line(truths: Sequence[str], tiers: Sequence[str | None], of: Sequence[int]) -> str:
    return _numbers(_measures(truths, tiers, of))


def _numbers(values: Sequence[float]) -> str:
    return " / ".join(f"{value:.3f}" for value in values)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

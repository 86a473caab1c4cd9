"""How far the catalogue writer gets on real ratings, beside the word-overlap rule.

    python -m bench.catalogue path/to/folder

The folder holds Quepid-style individual ratings with a product catalogue (docs/importing.md);
the truth is the median of the raters. The shipped table (``category.USES``) was chosen by
``_fitted`` on the training and validation queries alone. The row "table of each fold" chooses
it anew on six folds of queries and measures it on the seventh.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path

import numpy as np
from sklearn.model_selection import GroupKFold

from annotation.cot.rules import DEFAULT_RULES, Rules, parse_rules
from annotation.cot.splits import split_of
from annotation.cot.steps import VALUES, StepKind, parse
from annotation.pairs.readers.quepid import read_ratings, read_rows
from annotation.pairs.readers.rows import PairRow
from lab.compare.real import RATINGS
from training.job.prompts import PairText
from training.rl.measure.classification import count_table, good_f1, kappa_quadratic, macro_f1
from training.rollouts.catalogue.category import USES
from training.rollouts.catalogue.evidence import lines_of
from training.rollouts.catalogue.writer import (
    PairReading,
    brands_named,
    catalogue_cot,
    catalogue_reading,
)

FOLDS = 7
Cell = tuple[str, bool]


def main(folder: Path) -> None:
    rules = parse_rules(DEFAULT_RULES)
    rows, truths = rated_pairs(folder)
    brands = brands_named(row.attributes for row in rows)
    pairs = [_pair(row) for row in rows]
    readings = [catalogue_reading(pair, lines_of(pair), brands) for pair in pairs]
    written = [parse(catalogue_cot(pair, rules, brands=brands))[-1].value for pair in pairs]
    overlap = [_overlap(row, rules) for row in rows]
    queries = [row.query for row in rows]
    folds = [held_out for _, held_out in GroupKFold(FOLDS).split(queries, groups=queries)]
    test = [number for number, query in enumerate(queries) if split_of(query) == "test"]
    print(f"{len(rows)} pairs, {len(test)} of them of test queries; all parse")
    print("macro F1, quadratic kappa, Good F1")
    for name, tiers in (
        ("word overlap", overlap),
        ("catalogue writer", written),
        ("catalogue writer, table of each fold", _folded(readings, truths, folds, rules)),
    ):
        print(f"{name}: all {_line(truths, tiers, range(len(rows)))}", end="; ")
        each = [_measures(truths, tiers, fold) for fold in folds]
        print(f"mean of {FOLDS} folds {_numbers(np.mean(each, axis=0))}", end="; ")
        print(f"test queries {_line(truths, tiers, test)}")


def rated_pairs(folder: Path) -> tuple[list[PairRow], list[str]]:
    """The pairs and the medians of their raters as tiers."""
    ratings = folder / RATINGS
    tiers = {
        (row.query, row.docid): str(sorted(row.grades)[len(row.grades) // 2] + 1)
        for row in read_ratings(ratings)
    }
    rows = [row for row in read_rows(ratings, gold=False) if isinstance(row, PairRow)]
    return rows, [tiers[row.query, row.product_id] for row in rows]


def _pair(row: PairRow) -> PairText:
    attributes = dict(row.attributes)
    return PairText(row.query, row.title, row.category_path, attributes, row.description)


def _overlap(row: PairRow, rules: Rules) -> str:
    return rules.tier_for(row.silver.get("3", ""), row.silver.get("4", "")) or "1"


def _folded(
    readings: Sequence[PairReading],
    truths: Sequence[str],
    folds: Sequence[Sequence[int]],
    rules: Rules,
) -> list[str]:
    tiers = [""] * len(readings)
    for fold in folds:
        rest = sorted(set(range(len(readings))) - {int(number) for number in fold})
        table = _fitted([readings[n] for n in rest], [truths[n] for n in rest], rules)
        for number in fold:
            tiers[number] = _tier(readings[number], table, rules)
    return tiers


def _fitted(
    readings: Sequence[PairReading], truths: Sequence[str], rules: Rules
) -> Mapping[Cell, str]:
    """For each cell the category whose tiers are nearest to the truth."""
    table = {}
    for use, among in product([use for use, _, _ in USES], (False, True)):
        there = [
            (reading.attribute, int(truth))
            for reading, truth in zip(readings, truths, strict=True)
            if (reading.category.use, reading.among) == (use, among)
        ]
        if there:
            table[use, among] = min(
                VALUES[StepKind.CATEGORY],
                key=lambda value: sum(
                    (int(rules.tiers[value, attribute]) - truth) ** 2
                    for attribute, truth in there
                ),
            )
    return table


def _tier(reading: PairReading, table: Mapping[Cell, str], rules: Rules) -> str:
    cell = (reading.category.use, reading.among)
    return rules.tiers[table.get(cell, reading.category.value), reading.attribute]


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

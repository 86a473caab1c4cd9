"""Real judged pairs: a Quepid-style file of individual ratings with its product catalogue.

The truth of the final step is the median of the raters; steps 3 and 4 have what that tier
implies by the rules table, and silver values from word overlap, which reward but never count as
human. The ceiling is what one rater's grades score against another's on the same pairs.
"""

from __future__ import annotations

import random
from collections.abc import Collection
from pathlib import Path
from typing import Any

from annotation.cot.rules import DEFAULT_RULES, parse_rules
from annotation.cot.splits import split_of
from annotation.cot.steps import StepKind, parse
from annotation.pairs.readers.quepid import read_ratings, read_rows
from annotation.pairs.readers.rows import PairRow
from lab.circle.agreement import rater_ceiling
from lab.compare.benchmark import SEED_POLICY, Benchmark, Row, label_line
from training.job.prompts import PairText
from training.job.types import BadInput
from training.rollouts.catalogue.writer import brands_named, catalogue_cot
from verifier.implied import completed
from verifier.truth import Truth

RATINGS = "broad_query_set_individual_ratings.csv"
DEV_PAIRS = 120
_TEXT = ("query", "title", "category_path", "attributes", "description")


def real_benchmark(folder: Path, train_pairs: int = 0) -> Benchmark:
    """``train_pairs`` 0 = all of the training split.

    Raises:
        BadInput: the folder has no rating file.
        ImportFileError: a file cannot be read.
    """
    ratings = folder / RATINGS
    if not ratings.is_file():
        raise BadInput(f"{folder} has no {RATINGS}: name a folder with --data")
    grades = {(r.query, r.docid): [g + 1 for g in r.grades] for r in read_ratings(ratings)}
    pairs = [row for row in read_rows(ratings, gold=False) if isinstance(row, PairRow)]
    split: dict[str, list[Row]] = {"train": [], "val": [], "test": []}
    for pair in pairs:
        row = _row(pair, grades[pair.query, pair.product_id])
        split[row["split"]].append(row)
    train = split["train"]
    if train_pairs:
        train = random.Random(0).sample(train, min(train_pairs, len(train)))
    brands = brands_named(row["attributes"].items() for row in train)
    tested = [grades[row["query"], row["product_id"]] for row in split["test"]]
    ceiling = rater_ceiling(tested)
    return Benchmark(
        name=f"{folder.name}, {len(pairs)} pairs rated by {len(tested[0])} people",
        policy=SEED_POLICY,
        train=train,
        held_out=split["test"],
        dev=split["val"][:DEV_PAIRS],
        tests={"test": [row["pair_id"] for row in split["test"]]},
        references=[_reference(row, brands) for row in train],
        ceiling=f"One rater against another on these test pairs: macro F1 "
        f"{ceiling['macro_f1']:.3f}, quadratic kappa {ceiling['kappa_quadratic']:.3f}.",
    )


def _row(pair: PairRow, grades: list[int]) -> Row:
    tier = Truth(str(sorted(grades)[len(grades) // 2]), "consensus")
    silver = {StepKind(int(kind)): Truth(v, "silver") for kind, v in pair.silver.items()}
    truths = completed(silver | {StepKind.FINAL: tier}, parse_rules(DEFAULT_RULES))
    return {
        "pair_id": f"{pair.query}|{pair.product_id}",
        "product_id": pair.product_id,
        "query": pair.query,
        "query_type": pair.query_type,
        "locale": pair.locale,
        "title": pair.title,
        "category_path": pair.category_path,
        "attributes": dict(pair.attributes),
        "description": pair.description,
        "split": pair.split or split_of(pair.query),
        "truth": {
            str(int(kind)): {"value": truth.value, "source": truth.source}
            for kind, truth in truths.items()
            if truth.source != "silver"
        },
        "silver": {kind: {"value": value} for kind, value in pair.silver.items()},
    }


def _reference(row: Row, brands: Collection[tuple[str, ...]]) -> dict[str, Any]:
    """A line of labels.jsonl: the catalogue writer's CoT, with the raters' word on its tier."""
    pair = PairText(*(row[name] for name in _TEXT))
    text = catalogue_cot(
        pair, parse_rules(DEFAULT_RULES), query_type=row["query_type"], brands=brands
    )
    steps = {step.kind: step for step in parse(text)}
    tier = row["truth"]["5"]["value"]
    right = steps[StepKind.FINAL].value == tier
    verdicts = {StepKind.FINAL: "correct" if right else "incorrect"}
    return label_line(row, text, steps, verdicts, {"5": tier})

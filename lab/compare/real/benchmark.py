"""A fold as what the other suites compare their arms on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from annotation.cot.steps import StepKind, parse
from lab.compare.benchmark import Benchmark, Row, label_line
from lab.compare.real.folds import Fold
from lab.compare.real.ratings import RULES, text_of, tier_of
from training.rollouts.catalogue.writer import catalogue_cot

_CURVE_PAIRS = 120  # validation pairs that the best point is chosen on
_PROMPTS = 320  # training pairs that a policy writes CoTs for, to learn from its own


def fold_benchmark(
    fold: Fold, name: str, policy: Path, brands: Collection[tuple[str, ...]], *, few: bool
) -> Benchmark:
    """``few``: for methods that draw several CoTs a training pair, of which they get so many.
    The raters' word on the catalogue writer's CoTs is of all pairs. A policy is chosen on some
    of the validation pairs: both take every so many, so that no query is left out."""
    return Benchmark(
        name=name,
        policy=policy,
        train=_thinned(fold.train, _PROMPTS) if few else fold.train,
        held_out=fold.test,
        dev=_thinned(fold.val, _CURVE_PAIRS),
        tests={"test": [row["pair_id"] for row in fold.test]},
        references=[_reference(row, brands) for row in fold.train],
    )


def _thinned(rows: Sequence[Row], most: int) -> list[Row]:
    return list(rows[:: max(1, -(-len(rows) // most))])


def _reference(row: Row, brands: Collection[tuple[str, ...]]) -> dict[str, Any]:
    """A line of labels.jsonl: the catalogue writer's CoT, with the raters' word on its tier."""
    text = catalogue_cot(text_of(row), RULES, query_type=row["query_type"], brands=brands)
    steps = {step.kind: step for step in parse(text)}
    tier = tier_of(row)
    right = steps[StepKind.FINAL].value == tier
    verdicts = {StepKind.FINAL: "correct" if right else "incorrect"}
    return label_line(row, text, steps, verdicts, {"5": tier})

"""The suite's cells: an arm, a fold, so many queries of labels, a seed. They are kept where
they were run, so that the same command goes on."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

from lab.compare.arms import Arm, Settings
from lab.compare.cells import Lab, cell_ends_well
from lab.compare.real.benchmark import fold_benchmark
from lab.compare.real.folds import ALL, Fold, folds, label_sizes
from lab.compare.real.guessers import Guesser, ReadPairs, pairs_read
from lab.compare.real.ratings import RatedPairs, tier_of
from training.job.files import read_finished_jsonl, read_json, write_json, write_jsonl
from training.job.folder import REPORT, predictions_file
from training.job.methods import METHODS
from training.job.types import BadInput
from training.rl.measure.bootstrap import query_tables
from training.rl.measure.classification import Counts

_DATA = "data.json"  # which ratings the cells are of
_ANSWERS = predictions_file("after")


@dataclass(frozen=True, slots=True)
class RealPlan:
    """What is run and shown. ``curve`` are queries of labels for what takes seconds,
    ``policy_sizes`` those for policies."""

    guessers: Sequence[Guesser]
    policies: Sequence[Arm]
    folds: Sequence[int]
    curve: Sequence[int]
    policy_sizes: Sequence[int]
    seeds: Sequence[int]


@dataclass(frozen=True, slots=True)
class RealLab:
    """``settings`` are those that all policies share, ``policy`` is what they start from."""

    out: Path
    ratings: RatedPairs
    folds: Sequence[Fold]
    known: ReadPairs
    settings: Settings
    policy: Path

    def place(self, fold: int, size: int) -> Path:
        return self.out / f"fold-{fold}" / f"queries-{size or 'all'}"

    def cell(self, arm: str, fold: int, size: int, seed: int) -> Path:
        return self.place(fold, size) / "cells" / arm / str(seed)

    def lab(self, arm: Arm, fold: int, size: int) -> Lab:
        """As every other suite has one, of so many labels of this fold."""
        benchmark = fold_benchmark(
            self.folds[fold].with_queries(size),
            self.ratings.name,
            self.policy,
            self.known.shop.brands,
            few=METHODS[arm.method].writes_cots,
        )
        return Lab(self.place(fold, size), benchmark, self.settings)

    def tables(self, arm: str, fold: int, size: int, seeds: Sequence[int]) -> Counts | None:
        """(S, Q, 4, 5); None where a seed has not been run."""
        rows = self.folds[fold].test
        given = [_tiers(self.cell(arm, fold, size, seed)) for seed in seeds]
        if not all(given):
            return None
        queries, truths = [row["query"] for row in rows], [tier_of(row) for row in rows]
        return np.stack(
            [query_tables(queries, truths, [g[row["pair_id"]] for row in rows]) for g in given]
        )


def opened(out: Path, ratings: RatedPairs, settings: Settings, policy: Path) -> RealLab:
    """
    Raises:
        BadInput: the cells there are of other ratings, or there are too few queries.
    """
    kept = read_json(out / _DATA)
    if kept and kept["ratings"] != ratings.fingerprint:
        raise BadInput(f"{out} has results of other ratings: move it, or change --out")
    parts = folds(ratings.rows)
    out.mkdir(parents=True, exist_ok=True)
    write_json(out / _DATA, {"name": ratings.name, "ratings": ratings.fingerprint})
    return RealLab(out, ratings, parts, pairs_read(ratings.rows), settings, policy)


def run_all(real: RealLab, plan: RealPlan) -> int:
    """The quick arms of all folds, then policies fold by fold; returns how many failed."""
    sizes = label_sizes(real.folds, plan.curve)
    for fold, size, seed in product(plan.folds, sizes, plan.seeds):
        for guesser in plan.guessers:
            if guesser.learns or size == ALL:
                _guess(real, guesser, fold, size, seed)
    failed = 0
    if plan.policies:
        sizes = label_sizes(real.folds, plan.policy_sizes)
        for fold, size in product(plan.folds, sizes):
            for arm, seed in product(plan.policies, plan.seeds):
                lab = real.lab(arm, fold, size)
                where = f" fold {fold}, {size or 'all'} queries"
                failed += not cell_ends_well(lab, arm, seed, where)
    return failed


def _guess(real: RealLab, guesser: Guesser, fold: int, size: int, seed: int) -> None:
    folder = real.cell(guesser.name, fold, size, seed)
    if (folder / REPORT).exists():
        return
    began = time.monotonic()
    few = real.folds[fold].with_queries(size)
    tiers = guesser.guess(few, real.known, seed)
    rows = [
        {"pair_id": row["pair_id"], "tier": tier}
        for row, tier in zip(few.test, tiers, strict=True)
    ]
    write_jsonl(folder / _ANSWERS, rows)
    write_json(folder / REPORT, {"seconds": round(time.monotonic() - began, 2)})
    print(f"{guesser.name} fold {fold}, {size or 'all'} queries, seed {seed}", flush=True)


def _tiers(folder: Path) -> dict[str, str | None]:
    """By pair_id; empty for a cell that has not ended."""
    if not (folder / REPORT).exists():
        return {}
    return {row["pair_id"]: row["tier"] for row in read_finished_jsonl(folder / _ANSWERS)}

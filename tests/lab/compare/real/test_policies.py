"""Policies on real ratings: the ordinary runs, in a fold, from a policy of the shop's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab.compare.__main__ import main
from lab.compare.real.benchmark import fold_benchmark
from lab.compare.real.folds import folds
from lab.compare.real.ratings import ratings_read, tier_of
from tests.lab.compare.real.folder import write_ratings


def test_nothing_of_the_tested_queries_is_trained_on_or_chosen_by(tmp_path: Path) -> None:
    fold = folds(ratings_read(write_ratings(tmp_path)).rows)[0]
    made = fold_benchmark(fold, "shop", tmp_path, frozenset(), few=True)
    tested = {row["query"] for row in made.held_out}
    for rows in (made.train, made.dev, made.references):
        assert rows
        assert not tested & {row["query"] for row in rows}
    assert {pair for pair, *_ in made.truths().entries()} <= {r["pair_id"] for r in made.train}


def test_raters_confirm_a_cot_whose_tier_is_theirs_alone(tmp_path: Path) -> None:
    fold = folds(ratings_read(write_ratings(tmp_path)).rows)[0]
    for line in fold_benchmark(fold, "shop", tmp_path, frozenset(), few=True).references:
        claimed = line["steps"][4].strip().splitlines()[-1].removeprefix("tier: ")
        verdict = "correct" if claimed == tier_of(line) else "incorrect"
        assert line["verdicts"] == {"5": verdict}


@pytest.mark.rl
@pytest.mark.nightly
def test_policies_run_from_a_policy_of_the_shop_and_go_on_where_they_stopped(
    tmp_path: Path,
) -> None:
    data = tmp_path / "shop"
    data.mkdir()
    write_ratings(data)
    document = tmp_path / "docs" / "results.md"
    given = [
        "--suite", "real", "--data", str(data), "--out", str(tmp_path / "cells"), "--tiny",
        "--folds", "0", "--document", str(document), "--only", "trees",
    ]  # fmt: skip
    assert main([*given, "sft", "srpo"]) == 0
    first = (tmp_path / "cells/fold-0/queries-all/cells/sft/0/report.json").stat().st_mtime_ns
    assert main([*given, "sft", "grpo", "srpo_implied", "srpo"]) == 0
    again = (tmp_path / "cells/fold-0/queries-all/cells/sft/0/report.json").stat().st_mtime_ns
    assert first == again
    arms = json.loads((document.parent / "results" / "real-folds.json").read_text())["arms"]
    assert len(arms) == 5
    assert {tuple(tables["all"]) for tables in arms.values()} == {("0",)}

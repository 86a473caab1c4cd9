"""Two evaluations on the same pairs under one release, by hand and against the trainer's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import make_project
from tests.training.world import pair_make, release_make, run_make, truth_make
from training.job.files import write_jsonl
from training.models import TrainingRun
from training.rl.measure import classification
from training.runs.rescoring import (
    Evaluation,
    NotComparable,
    compare,
    macro_f1,
    rescored,
)
from verifier.models import GroundTruth

TIER = st.sampled_from(["4", "3", "2", "1"])


@given(st.lists(st.tuples(TIER, TIER | st.none()), min_size=1, max_size=30))
def test_macro_f1_is_the_trainers(rows: list[tuple[str, str | None]]) -> None:
    table = classification.count_table([t for t, _ in rows], [a for _, a in rows])
    assert macro_f1(table[None].astype(float))[0] == pytest.approx(
        classification.macro_f1(table)
    )


def test_every_answer_wrong_and_then_right_is_a_gain_of_one() -> None:
    rows = [("a", "4", "1", "4"), ("b", "4", None, "4"), ("c", "1", "4", "1")]
    result = compare(rows)
    assert (result.pairs, result.queries) == (3, 3)
    assert (result.first, result.second, result.difference) == (0.0, 1.0, 1.0)
    assert (result.low, result.high, result.worse) == (1.0, 1.0, False)


def test_one_query_has_no_spread() -> None:
    result = compare([("a", "4", "4", "3"), ("a", "4", "4", "4")])
    # 2 of 2 right, then one of two: F1 of tier 4 is 2/3, of tier 3 it is 0
    assert [result.first, result.second] == pytest.approx([1, 1 / 3])
    assert result.low == result.high == pytest.approx(1 / 3 - 1)
    assert result.worse


def run_with(folder: Path, **answers: dict[int, str | None]) -> TrainingRun:
    run = run_make(make_project(), run_dir=str(folder), state="finished")
    for moment, tiers in answers.items():
        rows = [{"pair_id": str(pair), "text": "", "tier": t} for pair, t in tiers.items()]
        write_jsonl(folder / f"predictions_{moment}.jsonl", rows)
    return run


@pytest.mark.django_db
def test_only_verified_pairs_that_are_in_both_count(tmp_path: Path) -> None:
    project = make_project()
    pairs = [pair_make(project, q, q, split="test") for q in ("a", "b", "c", "d")]
    for pair in pairs[:3]:
        truth_make(pair)
    GroundTruth.objects.filter(pair=pairs[2]).update(source="silver")
    keys = [pair.pk for pair in pairs]
    run = run_with(
        tmp_path,
        before={keys[0]: "1", keys[2]: "1", keys[3]: "1"},
        after=dict.fromkeys(keys, "4"),
    )
    release = release_make(project)
    evaluations = Evaluation(run.pk, "before"), Evaluation(run.pk, "after")
    result = rescored(*evaluations, release)
    assert (result.pairs, result.first, result.second) == (1, 0.0, 1.0)


@pytest.mark.django_db
def test_what_cannot_be_compared_says_why(tmp_path: Path) -> None:
    run = run_with(tmp_path, before={})
    release = release_make(make_project())
    before, after = Evaluation(run.pk, "before"), Evaluation(run.pk, "after")
    with pytest.raises(NotComparable, match=f"the answers of run {run.pk} are not on this"):
        rescored(before, after, release)
    with pytest.raises(NotComparable, match="no pair with a verified tier"):
        rescored(before, before, release)


def test_resampling_is_the_same_every_time() -> None:
    rows: list[Any] = [(str(n), "4", "4" if n % 2 else "3", "4") for n in range(20)]
    assert compare(rows) == compare(rows)
    assert np.isfinite(compare(rows).low)

"""The statistics and tables of a comparison, on numbers that can be checked by hand."""

from collections import Counter
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from lab.compare.arms import SUITES, Arm, arms_of
from lab.compare.benchmark import judged_rollout, right_steps, sample_benchmark
from lab.compare.measure import CellResult
from lab.compare.report import Results, best_of_curve, replace_block, samples_to, way_table
from lab.compare.stats import difference, estimate
from training.job.types import BadInput
from training.rl.measure.classification import accuracy


def tables(*right_of_ten: int, queries: int = 4) -> np.ndarray:
    """(S, Q, 4, 5): every query has ten pairs of tier 4, so many of them right."""
    matrices = np.zeros((len(right_of_ten), queries, 4, 5), dtype=np.int64)
    for seed, right in enumerate(right_of_ten):
        matrices[seed, :, 0, 0], matrices[seed, :, 0, 3] = right, 10 - right
    return matrices


def test_an_estimate_is_the_mean_over_seeds_with_their_spread() -> None:
    score = estimate(tables(6, 8), accuracy, draws=200)
    assert score.values == (0.6, 0.8)
    assert score.mean == pytest.approx(0.7)
    assert score.spread == pytest.approx(0.141421, abs=1e-6)
    assert (score.low, score.high) == (0, 1)  # two seeds say little: 0.7 - 1.27, cut


def test_one_seed_has_no_spread() -> None:
    assert estimate(tables(5), accuracy, draws=10).spread == 0


def test_a_difference_pairs_the_seeds_so_that_a_constant_gain_has_no_width() -> None:
    gain = difference(tables(7, 9), tables(5, 7), accuracy, draws=100)
    assert (gain.mean, gain.low, gain.high) == pytest.approx((0.2, 0.2, 0.2))
    assert gain.p == 0  # no seed differs, so there is no error to be measured by


def test_no_difference_has_a_p_of_one() -> None:
    assert difference(tables(7, 9), tables(7, 9), accuracy, draws=50).p == 1.0


def test_arms_with_different_seeds_are_not_compared() -> None:
    with pytest.raises(ValueError, match="same seeds and queries"):
        difference(tables(7, 9), tables(7), accuracy)


def test_rollouts_to_a_mark_are_those_of_the_first_point_that_reaches_it() -> None:
    points = [(0, 0.5, 0.5, 0.5), (640, 0.7, 0.6, 0.8), (1280, 0.65, 0.6, 0.7)]
    assert best_of_curve(points) == 0.7
    assert samples_to(points, 0.7) == 640
    assert samples_to(points, 0.9) is None
    assert samples_to(points, None) is None


def test_arms_are_compared_at_equal_samples_where_every_seed_has_the_point() -> None:
    def cell(*curve: tuple[int, float]) -> CellResult:
        points = [{"samples": samples, "macro_f1": f1} for samples, f1 in curve]
        return CellResult({}, 1.0, {}, None, None, 0, points, {})

    one, other = Arm("one", "First"), Arm("other", "Second")
    cells = {
        "one": {0: cell((0, 0.5), (64, 0.7)), 1: cell((0, 0.5), (64, 0.8))},
        "other": {0: cell((0, 0.5), (64, 0.6)), 1: cell((0, 0.6))},
    }
    results = Results("tiny", "data", [one, other], [0, 1], cells)
    assert way_table(results).splitlines()[2:] == [
        "| arm | 0 | 64 |",
        "|---|---|---|",
        "| First | 0.500 (0.500 to 0.500) | 0.750 (0.700 to 0.800) |",
        "| Second | 0.550 (0.500 to 0.600) | - |",
    ]


@pytest.mark.parametrize("suite", SUITES)
def test_every_arm_of_a_suite_comes_after_those_it_needs(suite: str) -> None:
    seen: set[str] = set()
    for arm in arms_of(suite):
        assert set(arm.needs) <= seen
        seen.add(arm.name)


def test_a_name_means_one_arm_in_all_suites_that_share_a_folder() -> None:
    named: dict[str, Arm] = {}
    for suite in set(SUITES) - {"real", "tiny"}:  # of other benchmarks
        for arm in SUITES[suite]:
            assert named.setdefault(arm.name, arm) == arm


def test_asking_for_one_arm_adds_what_it_starts_from() -> None:
    assert [arm.name for arm in arms_of("paper", ["she"])] == ["sft", "dpo", "rm", "she"]


@pytest.mark.parametrize(("suite", "only"), [("nothing", ()), ("paper", ("nobody",))])
def test_unknown_names_are_refused(suite: str, only: tuple[str, ...]) -> None:
    with pytest.raises(BadInput, match="no"):
        arms_of(suite, only)


def test_a_block_is_replaced_and_the_prose_around_it_stays(tmp_path: Path) -> None:
    document = tmp_path / "results.md"
    replace_block(document, "paper", "old numbers")
    document.write_text(document.read_text() + "What this means.\n")
    replace_block(document, "noise", "other numbers")
    replace_block(document, "paper", "new numbers")
    text = document.read_text()
    assert "old numbers" not in text
    assert text.index("new numbers") < text.index("What this means.") < text.index("other")


def test_no_two_sets_share_a_query_and_wild_has_the_tiers_of_traffic() -> None:
    benchmark = sample_benchmark(train_pairs=200, a_type=24, wild_pairs=100, dev_pairs=24)
    sets = [
        [row for row in benchmark.held_out if row["pair_id"] in ids]
        for ids in map(set, benchmark.tests.values())
    ]
    queries = [
        {row["query"] for row in rows} for rows in (benchmark.train, benchmark.dev, *sets)
    ]
    for one, other in combinations(queries, 2):
        assert not one & other
    wild = Counter(row["truth"]["5"]["value"] for row in sets[1])
    assert wild == {"4": 50, "3": 5, "2": 36, "1": 9}
    assert len(queries[3]) > 20, "the few of a tier are not of the first queries alone"
    types = [
        row["query_type"]
        for row in benchmark.held_out
        if row["pair_id"] in benchmark.tests["balanced"]
    ]
    assert {types.count(name) for name in set(types)} == {24}


def test_a_reference_cot_is_right_in_all_steps_and_an_empty_text_in_none() -> None:
    from annotation.cot.steps import render
    from lab.compare.benchmark import pair_id
    from lab.sample.generate import generate

    benchmark = sample_benchmark(train_pairs=3, a_type=1, wild_pairs=6, dev_pairs=1)
    row = benchmark.train[0]
    pair = next(pair for pair in generate(seed=0).pairs if pair_id(pair) == row["pair_id"])
    text, bodies = render(pair.bodies), benchmark.bodies[row["pair_id"]]
    assert list(right_steps(row, bodies, text).values()) == [True] * 5
    assert list(right_steps(row, bodies, "").values()) == [False] * 5
    judged = judged_rollout(row, bodies, text)
    assert judged is not None
    assert set(judged["verdicts"].values()) == {"correct"}
    assert judged_rollout(row, bodies, "no steps") is None
    second = judged_rollout(row, bodies, text, place=1)
    assert second is not None
    names = judged["rollout_id"], second["rollout_id"]
    assert names == (row["pair_id"], f"{row['pair_id']}#1"), "two rollouts of a pair are two"

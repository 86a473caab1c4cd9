"""Measures of a reward model, each against numbers worked out by hand."""

import math

import numpy as np
import pytest

from annotation.cot.steps import StepKind
from training.rl.measure.processbench import first_error, processbench, tally
from training.rl.measure.rm_metrics import (
    MeasuredStep,
    auc,
    binary_metrics,
    rm_change,
    rm_report,
)
from training.rl.reward_model.rm_hard import hard_subset, hardness


def rollout(query: str, name: str, verdicts: str, chances: list[float]) -> list[MeasuredStep]:
    """``verdicts`` is five letters, + for a right step."""
    return [
        MeasuredStep(query, name, kind, mark == "+", p)
        for kind, mark, p in zip(StepKind, verdicts, chances, strict=True)
    ]


def test_the_first_error_is_the_first_wrong_step() -> None:
    assert first_error([True, False, False]) == 1
    assert first_error([True, True]) is None


def test_processbench_is_the_harmonic_mean_of_finding_errors_and_passing_clean_solutions() -> (
    None
):
    solutions = [
        ([True, False, True], [0.9, 0.2, 0.9]),  # found
        ([True, False, False], [0.9, 0.6, 0.1]),  # a later step blamed
        ([True, True, True], [0.9, 0.5, 0.8]),  # passed: 0.5 is still right
        ([True, True, True], [0.9, 0.5, 0.6]),  # passed
        ([True, True, True], [0.4, 0.9, 0.9]),  # an error where none is
        ([False, True, True], [0.9, 0.9, 0.9]),  # missed
    ]
    metrics = processbench(tally(solutions))
    assert (metrics["n"], metrics["n_erroneous"]) == (6, 3)
    assert metrics["erroneous"] == pytest.approx(1 / 3)
    assert metrics["correct"] == pytest.approx(2 / 3)
    assert metrics["f1"] == pytest.approx(2 * (1 / 3) * (2 / 3) / 1)


def test_processbench_needs_solutions_of_both_kinds() -> None:
    assert processbench(tally([([True], [0.9])]))["f1"] is None
    assert processbench(tally([([True], [0.1]), ([False], [0.9])]))["f1"] == 0.0
    assert processbench(tally([]))["n"] == 0


def test_cohens_kappa_of_a_worked_example() -> None:
    # agreement 3/4; the model says right 3/4, people 1/2: chance 3/8 + 1/8 = 1/2
    metrics = binary_metrics([0.9, 0.8, 0.7, 0.1], [True, True, False, False])
    assert metrics["kappa"] == pytest.approx((0.75 - 0.5) / 0.5)
    assert binary_metrics([0.9, 0.9], [True, True])["kappa"] is None


def test_a_tie_is_half_a_win() -> None:
    # right 0.8 and 0.5, wrong 0.5 and 0.2: 3.5 of 4 comparisons
    assert auc(np.array([0.8, 0.5, 0.5, 0.2]), np.array([1.0, 1.0, 0.0, 0.0])) == 3.5 / 4


def test_a_rollout_counts_for_processbench_only_when_all_its_steps_were_judged() -> None:
    whole = rollout("q", "a", "++-++", [0.9, 0.9, 0.1, 0.9, 0.9])
    partly = rollout("q", "b", "+++++", [0.9] * 5)[:3]
    report = rm_report(whole + partly)
    assert (report["n"], report["processbench"]["n"]) == (8, 1)
    assert report["processbench"]["erroneous"] == 1.0


def test_two_queries_with_rollouts_of_one_name_are_not_mixed() -> None:
    steps = rollout("q", "a", "+++++", [0.9] * 5) + rollout("r", "a", "+++++", [0.9] * 5)
    assert rm_report(steps)["processbench"]["n"] == 2


def test_a_step_the_model_could_not_read_is_counted_and_left_out() -> None:
    steps = rollout("q", "a", "+++++", [0.9, 0.9, math.nan, 0.9, 0.9])
    report = rm_report(steps, draws=5)
    assert (report["n"], report["unread"], report["processbench"]["n"]) == (4, 1, 0)
    assert report["accuracy"] == 1.0


def test_an_interval_ranges_over_what_the_queries_differ_in() -> None:
    good = rollout("q", "a", "++-++", [0.9, 0.9, 0.1, 0.9, 0.9])
    bad = rollout("r", "b", "++-++", [0.1, 0.1, 0.9, 0.1, 0.1])
    metrics = rm_report(good + bad, draws=200)["intervals"]
    assert metrics["accuracy"] == [0.0, 1.0]  # both queries, or one of them twice
    alone = rm_report(good, draws=20)["intervals"]
    assert alone["accuracy"] == [1.0, 1.0]
    assert alone["processbench_f1"] is None  # no clean solution in any resample


def test_a_change_pairs_the_queries() -> None:
    worse = rollout("q", "a", "++-++", [0.9, 0.9, 0.9, 0.9, 0.9])  # 4 of 5
    better = rollout("q", "a", "++-++", [0.9, 0.9, 0.1, 0.9, 0.9])
    same = rollout("r", "b", "+++-+", [0.9] * 5)
    metrics = rm_change(worse + same, better + same, draws=100)["accuracy"]
    assert metrics["delta"] == pytest.approx(0.1)
    assert metrics["interval"] == pytest.approx([0.0, 0.2])
    with pytest.raises(ValueError, match="same queries"):
        rm_change(worse, same, draws=2)


def test_an_example_is_hard_unless_every_sample_is_right() -> None:
    metrics = hard_subset([[True, True], [True, False], [False, False], [True, True]])
    assert metrics.kept == [1, 2]
    assert metrics.counts == {"easy": 2, "unsure": 1, "wrong": 1}
    with pytest.raises(ValueError, match="at least one"):
        hardness([])

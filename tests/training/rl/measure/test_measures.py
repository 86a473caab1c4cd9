"""Hand-computed classification, calibration and bootstrap numbers."""

import numpy as np
import pytest

from annotation.cot.steps import StepKind
from training.rl.measure import classification as c
from training.rl.measure.bootstrap import interval, paired_interval, query_tables
from training.rl.measure.rm_metrics import (
    MeasuredStep,
    binary_metrics,
    expected_calibration_error,
    rm_report,
)

# truth 4: 4 4 3; truth 1: 1, unreadable
TABLE = c.count_table(["4", "4", "4", "1", "1"], ["4", "4", "3", "1", None])


def test_the_table_has_a_column_for_what_could_not_be_read() -> None:
    assert TABLE.tolist() == [[2, 1, 0, 0, 0], [0] * 5, [0] * 5, [0, 0, 0, 1, 1]]


def test_f1_is_twice_the_hits_over_rows_and_columns() -> None:
    assert c.class_f1(TABLE) == pytest.approx([4 / 5, 0, 0, 2 / 3])


def test_macro_f1_averages_the_tiers_that_occur() -> None:
    assert c.macro_f1(TABLE) == pytest.approx((4 / 5 + 0 + 2 / 3) / 3)


def test_good_f1_joins_the_two_upper_tiers() -> None:
    assert c.good_f1(TABLE) == 1.0


def test_an_unreadable_answer_is_wrong() -> None:
    assert c.accuracy(TABLE) == 3 / 5


def test_quadratic_kappa_of_a_worked_example() -> None:
    # readable: (4,4) x2, (4,3), (1,1); observed 1; expected (3*1*1 + 3*1*9 + 1*2*9 + 1*1*4) / 4
    assert c.kappa_quadratic(TABLE) == pytest.approx(1 - 1 / (52 / 4))


def test_kappa_is_undefined_where_everybody_says_the_same() -> None:
    assert c.kappa_quadratic(c.count_table(["4", "4"], ["4", "4"])) is None
    assert c.kappa_quadratic(c.count_table([], [])) is None


def test_nothing_evaluated_scores_zero() -> None:
    empty = c.count_table([], [])
    assert (c.macro_f1(empty), c.accuracy(empty), c.good_f1(empty)) == (0.0, 0.0, 0.0)


def test_an_interval_over_one_query_has_no_width() -> None:
    tables = query_tables(["q", "q"], ["4", "1"], ["4", "4"])
    low, high = interval(c.accuracy, tables, draws=50)
    assert low == high == 0.5


def test_an_interval_covers_what_the_queries_range_over() -> None:
    tables = query_tables(["a", "b"], ["4", "4"], ["4", "1"])
    assert interval(c.accuracy, tables, draws=200) == [0.0, 1.0]


def test_a_paired_interval_resamples_the_same_queries_on_both_sides() -> None:
    truths, queries = ["4", "4", "1"], ["a", "b", "c"]
    before = query_tables(queries, truths, ["4", "1", "4"])
    after = query_tables(queries, truths, ["4", "1", "4"])
    assert paired_interval(c.accuracy, before, after, draws=100) == [0.0, 0.0]


def test_resampling_no_queries_is_an_error() -> None:
    with pytest.raises(ValueError, match="no queries"):
        interval(c.accuracy, query_tables([], [], []), draws=10)


def test_binary_measures_of_a_worked_example() -> None:
    metrics = binary_metrics([0.9, 0.4, 0.6, 0.2], [True, True, False, False])
    assert metrics["accuracy"] == 0.5
    assert metrics["majority"] == 0.5
    assert metrics["balanced_accuracy"] == 0.5
    assert metrics["auc"] == 0.75


def test_measures_that_need_both_verdicts_are_none_without_them() -> None:
    metrics = binary_metrics([0.9, 0.4], [True, True])
    assert (metrics["balanced_accuracy"], metrics["auc"]) == (None, None)
    assert binary_metrics([], [])["accuracy"] is None


def test_calibration_error_is_the_gap_in_each_bin() -> None:
    # bin 9: mean 0.95, share 0.5, half the rows; bin 0: mean 0.05, share 0
    error = expected_calibration_error(
        np.array([0.95, 0.95, 0.05, 0.05]), np.array([1.0, 0.0, 0.0, 0.0])
    )
    assert error == pytest.approx(0.5 * 0.45 + 0.5 * 0.05)
    assert expected_calibration_error(np.array([1.0]), np.array([1.0])) == 0.0


def test_the_report_has_one_entry_a_kind_that_occurs() -> None:
    steps = [(StepKind.QUERY, 0.9), (StepKind.FINAL, 0.9), (StepKind.FINAL, 0.1)]
    report = rm_report([MeasuredStep("q", "r", kind, True, p) for kind, p in steps])
    assert set(report["by_kind"]) == {"1", "5"}
    assert report["by_kind"]["5"]["accuracy"] == 0.5
    assert report["n"] == 3

"""The suite's measures by hand."""

from __future__ import annotations

import numpy as np
import pytest

from lab.compare.real.measures import (
    against_each_other,
    against_the_median,
    kappa,
    of_people,
    three_tier_f1,
)
from training.rl.measure.classification import count_table, macro_f1

ROWS = [
    {"pair_id": name, "query": name, "truth": {"5": {"value": tier}}}
    for name, tier in (("a", "4"), ("b", "1"))
]
GRADES = {"a": [4, 4, 1], "b": [1, 1, 1]}


def test_tiers_3_and_2_are_one_in_three_tiers() -> None:
    table = count_table(["4", "3", "2", "1"], ["4", "2", "3", "1"])
    assert macro_f1(table) == 0.5
    assert three_tier_f1(table) == 1


def test_an_answer_that_cannot_be_read_is_wrong_in_three_tiers() -> None:
    # tier 4: right; in between: one of two, F1 2/3
    table = count_table(["4", "3", "2"], ["4", "3", None])
    assert three_tier_f1(table) == pytest.approx((1 + 2 / 3) / 2)


def test_a_constant_answer_has_no_kappa() -> None:
    assert kappa(count_table(["4", "4"], ["4", "4"])) == 0


def test_people_are_compared_in_every_order_and_with_the_median() -> None:
    # raters 1 and 2 agree wholly; each with rater 3: tier 4 never, tier 1 in one of two (2/3)
    each = of_people(against_each_other(ROWS, GRADES), macro_f1)[0]
    assert each == pytest.approx((2 * 1 + 4 * (0 + 2 / 3) / 2) / 6)
    median = of_people(against_the_median(ROWS, GRADES), macro_f1)[0]
    assert median == pytest.approx((1 + 1 + (0 + 2 / 3) / 2) / 3)


def test_the_interval_of_people_is_of_resampled_queries() -> None:
    value, low, high = of_people(against_the_median(ROWS, GRADES), macro_f1)
    assert low <= value <= high
    assert np.isclose(high, 1)  # twice the query on which all agree

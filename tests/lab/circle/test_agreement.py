"""Agreement of raters from a file of grades."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score, f1_score

from lab.circle.agreement import alpha_of_grades, macro_f1, quadratic_kappa, rater_ceiling

GRADES = st.lists(st.integers(1, 4), min_size=2, max_size=40)


def test_alpha_of_raters_who_always_agree_is_one() -> None:
    assert alpha_of_grades([[1, 1, 1], [4, 4, 4], [2, 2, 2]]) == pytest.approx(1.0)


def test_alpha_falls_below_zero_when_two_raters_always_swap_the_ends() -> None:
    assert alpha_of_grades([[1, 4], [4, 1]]) < 0


def test_macro_f1_by_hand() -> None:
    truth, answers = np.array([4, 4, 3, 1]), np.array([4, 3, 3, 1])
    # 4: 2*1/(2*1+1); 3: 2*1/(2*1+1); 1: 1; tier 2 occurs in neither column
    assert macro_f1(truth, answers) == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)


def test_the_ceiling_of_three_equal_raters_is_perfect() -> None:
    assert rater_ceiling([[1, 1, 1], [3, 3, 3]]) == {"macro_f1": 1.0, "kappa_quadratic": 1.0}


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), min_size=2, max_size=40))
def test_the_measures_agree_with_scikit_learn(rows: list[tuple[int, int]]) -> None:
    truth, answers = (np.array(column) for column in zip(*rows, strict=True))
    assert macro_f1(truth, answers) == pytest.approx(f1_score(truth, answers, average="macro"))
    if len(set(truth) | set(answers)) > 1:
        expected = cohen_kappa_score(truth, answers, labels=[1, 2, 3, 4], weights="quadratic")
        assert quadratic_kappa(truth, answers) == pytest.approx(expected)

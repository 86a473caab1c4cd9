import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.rl.calibration import chance, cross_fitted, fit_temperature, log_odds


def test_a_temperature_divides_the_log_odds() -> None:
    assert chance(0.0) == 0.5
    assert chance(math.log(3)) == pytest.approx(0.75)
    assert chance(math.log(9), temperature=2.0) == pytest.approx(0.75)


@given(st.floats(-1e4, 1e4), st.floats(0.25, 16))
def test_a_chance_is_a_probability_whatever_the_odds(odds: float, temperature: float) -> None:
    assert 0 <= chance(odds, temperature) <= 1
    assert chance(odds, temperature) + chance(-odds, temperature) == pytest.approx(1)


def test_log_odds_stay_finite_at_the_ends() -> None:
    assert log_odds(0.5) == 0.0
    assert log_odds(0.75) == pytest.approx(math.log(3))
    assert log_odds(0.0) == pytest.approx(-log_odds(1.0))
    assert -7 < log_odds(0.0) < -6


def test_a_model_that_is_too_sure_is_cooled_to_how_often_it_is_right() -> None:
    # it says +-4 and is right three times in four: log 3 = 4 / T
    odds, truths = [4.0, 4.0, 4.0, 4.0], [True, True, True, False]
    assert fit_temperature(odds, truths) == pytest.approx(4 / math.log(3), rel=0.04)


def test_one_verdict_alone_says_nothing_about_the_temperature() -> None:
    assert fit_temperature([3.0, -1.0], [True, True]) == 1.0
    assert fit_temperature([], []) == 1.0


def test_a_fold_is_judged_with_the_temperature_of_the_others() -> None:
    odds = [4.0] * 4 + [2.0, 2.0]
    truths = [True, True, True, False, True, True]
    found = cross_fitted(odds, truths, [0, 0, 0, 0, 1, 1])
    assert found[0] == pytest.approx(chance(4.0))  # the other fold has one verdict: 1
    assert found[4] == pytest.approx(chance(2.0, fit_temperature(odds[:4], truths[:4])))

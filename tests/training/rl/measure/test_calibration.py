import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.rl.measure.calibration import (
    Calibration,
    Method,
    calibrate,
    chance,
    cross_fitted,
    fit_temperature,
    log_odds,
)


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
    fitted = cross_fitted(odds, truths, [0, 0, 0, 0, 1, 1])
    assert fitted[0] == pytest.approx(chance(4.0))  # the other fold has one verdict: 1
    assert fitted[4] == pytest.approx(chance(2.0, fit_temperature(odds[:4], truths[:4])))


def test_isotonic_calibration_is_the_share_of_right_rows_at_each_place() -> None:
    # odds -2, -1, 1, 2 with 0, 1, 0, 1 of 1 right: the middle two are pooled to a half
    fitted = calibrate([-2.0, -1.0, 1.0, 2.0], [False, True, False, True], "isotonic")
    assert fitted.chance(-1.0) == pytest.approx(0.5)
    assert fitted.chance(1.0) == pytest.approx(0.5)
    assert fitted.chance(-9.0) == pytest.approx(0.001)  # never certain
    assert fitted.chance(9.0) == pytest.approx(0.999)


@given(st.lists(st.tuples(st.floats(-20, 20), st.booleans()), min_size=2, max_size=30))
def test_isotonic_calibration_never_turns_two_steps_round(
    rows: list[tuple[float, bool]],
) -> None:
    fitted = calibrate([odds for odds, _ in rows], [right for _, right in rows], "isotonic")
    chances = [fitted.chance(odds / 4) for odds in range(-100, 101, 5)]
    assert chances == sorted(chances)
    assert all(0 < p < 1 for p in chances)


@pytest.mark.parametrize("method", ["temperature", "isotonic"])
def test_a_calibration_survives_being_written_down(method: Method) -> None:
    fitted = calibrate([-3.0, 1.0, 2.0, 4.0], [False, True, False, True], method)
    assert Calibration.of_facts(json.loads(json.dumps(fitted.facts()))) == fitted
    assert Calibration.of_facts({}) == Calibration()


def test_a_fold_can_be_judged_by_isotonic_calibration_too() -> None:
    odds, truths = [-1.0, 1.0, -1.0, 1.0, 5.0], [False, True, True, True, False]
    fitted = cross_fitted(odds, truths, [0, 0, 1, 1, 1], "isotonic")
    assert fitted[0] == calibrate(odds[2:], truths[2:], "isotonic").chance(-1.0)
    assert fitted[4] == calibrate(odds[:2], truths[:2], "isotonic").chance(5.0)

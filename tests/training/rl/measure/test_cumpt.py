"""CumPT on distributions that can be added up by hand."""

import itertools
from dataclasses import replace

import pytest

from training.rl.measure.cumpt import (
    GRID,
    argmax_tier,
    band,
    quantile_tier,
    tier_probabilities,
    tune,
)

ROW = (0.2, 0.3, 0.4, 0.1)  # cumulative: 0.2, 0.5, 0.9, 1.0


def test_equal_logits_are_a_quarter_each_and_a_shift_changes_nothing() -> None:
    assert tier_probabilities([7, 7, 7, 7]) == [0.25] * 4
    assert tier_probabilities([1000.0, 0, 0, 0]) == pytest.approx([1, 0, 0, 0])


@pytest.mark.parametrize(
    ("threshold", "tier", "three"),
    [
        (0.2, "4", "good"),
        (0.21, "3", "good"),
        (0.5, "3", "good"),
        (0.51, "2", "mid"),
        (0.9, "2", "mid"),
        (0.91, "1", "bad"),
    ],
)
def test_the_first_tier_whose_cumulative_mass_reaches_the_threshold(
    threshold: float, tier: str, three: str
) -> None:
    assert quantile_tier(ROW, threshold) == tier
    assert band(ROW, threshold) == three


def test_rounding_that_misses_one_still_gives_the_worst_tier() -> None:
    assert quantile_tier((0.1, 0.1, 0.1, 0.6999999), 1.0) == "1"


def test_argmax_takes_the_likeliest_and_the_better_of_equals() -> None:
    assert argmax_tier(ROW) == "2"
    assert argmax_tier((0.4, 0.1, 0.4, 0.1)) == "4"


@pytest.mark.parametrize("row", [ROW, (1, 0, 0, 0), (0, 0, 0, 1), (0.25, 0.25, 0.25, 0.25)])
def test_a_larger_threshold_is_never_kinder(row: tuple[float, ...]) -> None:
    tiers = [int(quantile_tier(row, b)) for b in GRID]
    assert all(a >= b for a, b in itertools.pairwise(tiers))


def test_the_threshold_is_tuned_to_what_argmax_gets_wrong() -> None:
    # tier 4 is true whenever it has 0.3 of the mass, which argmax never sees
    rows = [(0.35, 0.0, 0.65, 0.0)] * 4 + [(0.1, 0.0, 0.9, 0.0)] * 4
    tuned = tune(rows, ["4"] * 4 + ["2"] * 4)
    assert 0.1 < tuned.threshold <= 0.35
    assert tuned.threshold == 0.225  # the middle of 0.105 .. 0.35
    assert tuned.macro_f1 == 1.0
    assert tuned.argmax_macro_f1 == pytest.approx(1 / 3)  # F1 of 4 is 0, of 2 is 2/3
    assert tuned.n == 8


def test_where_argmax_was_better_on_validation_it_decides() -> None:
    # the last is a 1 only above 0.6, and there the first is no 4 any more
    rows = [(0.4, 0.0, 0.3, 0.3), (0.3, 0.0, 0.4, 0.3), (0.35, 0.0, 0.25, 0.4)]
    tuned = tune(rows, ["4", "2", "1"])
    assert (tuned.argmax_macro_f1, tuned.by_argmax) == (1.0, True)
    assert tuned.macro_f1 < 1
    assert [tuned.tier(row) for row in rows] == ["4", "2", "1"]
    even = replace(tuned, threshold=0.65, macro_f1=1.0)
    assert [even.tier(row) for row in rows] == ["2", "2", "1"]


def test_nothing_to_tune_on_is_refused() -> None:
    with pytest.raises(ValueError, match="0 distributions"):
        tune([], [])

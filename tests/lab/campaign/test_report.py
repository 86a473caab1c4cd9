"""What a campaign's curves say, in numbers that can be checked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from lab.campaign.report import first_reach, labels_to, macro_f1, paired

STEEP = [(0, 0.4), (10, 0.8), (20, 0.8)]
FLAT = [(0, 0.4), (10, 0.5), (20, 0.6)]


def test_the_line_between_two_points_says_when_a_target_was_reached() -> None:
    assert first_reach(STEEP, 0.6) == pytest.approx(5)
    assert first_reach(FLAT, 0.55) == pytest.approx(15)
    assert first_reach(FLAT, 0.7) is None
    assert first_reach(FLAT, 0.3) == 0


def test_a_seed_that_never_gets_there_counts_with_all_its_labels() -> None:
    row = labels_to({"random": [FLAT, FLAT], "steep": [STEEP, FLAT]}, 0.8)
    assert row["steep"]["labels"] == [10, None]
    assert (row["steep"]["reached"], row["steep"]["mean"]) == (1, 15)
    assert row["steep"]["minus_random"]["mean"] == -5


def test_orders_are_compared_seed_by_seed() -> None:
    gap = paired(np.array([0.5, 0.7]), np.array([0.4, 0.6]))
    assert gap.mean == pytest.approx(0.1)
    assert gap.interval == pytest.approx((0.1, 0.1))


def test_a_single_seed_has_no_interval() -> None:
    assert paired(np.array([1.0]), np.array([0.0])).interval is None


def test_the_interval_is_students() -> None:
    # gaps 1 and 3: mean 2, standard error 1, t(0.975, 1 degree) = 12.706
    gap = paired(np.array([1.0, 3.0]), np.array([0.0, 0.0]))
    assert gap.interval == pytest.approx((2 - 12.706, 2 + 12.706), abs=1e-3)


def test_the_mean_over_the_curve_leaves_out_the_start_that_all_share() -> None:
    row = macro_f1({"random": [FLAT], "steep": [STEEP]})["steep"]
    assert row["over_curve"] == pytest.approx(0.8)
    assert row["minus_random"]["mean"] == pytest.approx(0.25)

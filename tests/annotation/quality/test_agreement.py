"""Krippendorff's alpha against numbers worked out by hand."""

from __future__ import annotations

import pytest

from annotation.quality.alpha import alpha, kappa_of_counts


def test_two_coders_four_items_by_hand() -> None:
    # Coincidences: a-a 4, b-b 2, a-b 1 + 1; n = 8. Observed disagreement 2/8.
    # Expected 2 * n_a * n_b / (n (n - 1)) = 2 * 5 * 3 / 56. alpha = 1 - 0.25 * 56 / 30.
    units = [{1: "a", 2: "a"}, {1: "a", 2: "a"}, {1: "b", 2: "b"}, {1: "a", 2: "b"}]
    result = alpha(units)
    assert result.value == pytest.approx(1 - 0.25 * 56 / 30)
    assert (result.n_items, result.n_labels) == (4, 8)


def test_perfect_agreement_is_one() -> None:
    assert alpha([{1: "a", 2: "a"}, {1: "b", 2: "b"}]).value == pytest.approx(1.0)


def test_a_near_miss_weighs_less_on_an_ordinal_scale() -> None:
    near = [{1: "4", 2: "4"}, {1: "1", 2: "1"}, {1: "2", 2: "2"}, {1: "3", 2: "4"}]
    far = [*near[:3], {1: "1", 2: "4"}]
    near_alpha, far_alpha = alpha(near, "ordinal").value, alpha(far, "ordinal").value
    assert near_alpha is not None
    assert far_alpha is not None
    assert near_alpha > far_alpha


def test_single_labels_say_nothing_and_the_reason_is_given() -> None:
    result = alpha([{1: "a"}, {2: "b"}])
    assert (result.value, result.undefined_reason) == (None, "no item has two labels")


def test_alpha_is_undefined_when_nobody_ever_said_anything_else() -> None:
    result = alpha([{1: "a", 2: "a"}, {1: "a", 2: "a"}])
    assert result.value is None
    assert result.undefined_reason == "everybody always gave the same value"


def test_kappa_of_two_annotators_by_hand() -> None:
    # Equal on 3 of 4: p_o = 0.75. One says a 3 of 4 times, the other 2 of 4:
    # p_e = 0.75 * 0.5 + 0.25 * 0.5 = 0.5. kappa = 0.25 / 0.5.
    kappa = kappa_of_counts({("a", "a"): 2, ("b", "b"): 1, ("a", "b"): 1})
    assert (kappa.n, kappa.value) == (4, 0.5)


def test_kappa_is_undefined_when_two_never_said_anything_else() -> None:
    kappa = kappa_of_counts({("a", "a"): 1})
    assert (kappa.value, kappa.undefined_reason) == (None, "both always gave the same value")

"""Alpha from counted patterns, against the reference package and by hand."""

from __future__ import annotations

from collections import Counter

import krippendorff
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from annotation.quality.alpha import Level, alpha_explained, kappa_of_counts

TIERS = ("4", "3", "2", "1")
items = st.lists(st.lists(st.sampled_from(TIERS), min_size=1, max_size=4), max_size=12)


@pytest.mark.parametrize("level", ["nominal", "ordinal"])
@given(items=items)
def test_alpha_equals_the_reference_implementation(
    level: Level, items: list[list[str]]
) -> None:
    pairable = [answers for answers in items if len(answers) > 1]
    values = {value for answers in pairable for value in answers}
    assume(len(values) > 1)
    explained = alpha_explained(Counter(tuple(answers) for answers in items), level)
    counts = np.array([[answers.count(tier) for tier in sorted(TIERS)] for answers in items])
    reference = krippendorff.alpha(
        value_counts=counts, value_domain=[1.0, 2.0, 3.0, 4.0], level_of_measurement=level
    )
    assert explained.alpha.value == pytest.approx(reference, abs=1e-9)


def test_the_parts_of_an_alpha_by_hand() -> None:
    # Two items a a, one b b, one a b: 8 labels. Coincidences a-a 4, b-b 2, a-b 1, b-a 1.
    # observed = 2/8; expected = 2 * 5 * 3 / (8 * 7).
    explained = alpha_explained({("a", "a"): 2, ("b", "b"): 1, ("b", "a"): 1, ("a",): 9})
    assert explained.matrix() == [("a", [4.0, 1.0]), ("b", [1.0, 2.0])]
    assert explained.observed == 0.25
    assert explained.expected == pytest.approx(30 / 56)
    assert explained.alpha.value == pytest.approx(1 - 0.25 * 56 / 30)
    assert (explained.alpha.n_items, explained.alpha.n_labels) == (4, 8)


def test_three_labels_of_an_item_weigh_as_three_not_as_three_pairs() -> None:
    # a a b: each ordered pair counts 1 / (3 - 1); the cells add up to the labels.
    explained = alpha_explained({("a", "a", "b"): 1})
    assert explained.matrix() == [("a", [1.0, 1.0]), ("b", [1.0, 0.0])]


def test_values_are_shown_in_the_order_of_the_scale() -> None:
    assert alpha_explained({("4", "1"): 1, ("2", "3"): 1}).values == ("1", "2", "3", "4")


def test_weighted_kappa_forgives_a_near_miss_by_hand() -> None:
    # 1-1 twice, 2-2 twice, 1-2 once, 3-3 once. n 6; disagreement 1/6.
    # First: 1 x3, 2 x2, 3 x1; second: 1 x2, 2 x3, 3 x1. Squared distances expected:
    # 3*3*1 + 3*1*4 + 2*2*1 + 2*1*1 + 1*2*4 + 1*3*1 = 38 of 36.
    counts = {("1", "1"): 2, ("2", "2"): 2, ("1", "2"): 1, ("3", "3"): 1}
    quadratic = kappa_of_counts(counts, quadratic=True)
    assert quadratic.value == pytest.approx(1 - (1 / 6) / (38 / 36))
    plain = kappa_of_counts(counts)
    # expected agreement (3*2 + 2*3 + 1*1) / 36 = 13/36
    assert plain.value == pytest.approx((5 / 6 - 13 / 36) / (1 - 13 / 36))

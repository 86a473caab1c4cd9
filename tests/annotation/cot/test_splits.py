"""Splits by query hash."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from annotation.cot.splits import SPLITS, split_of


@given(st.text())
def test_case_and_spacing_do_not_move_a_query(query: str) -> None:
    assert split_of(query) in SPLITS
    assert split_of(query) == split_of("  " + "  ".join(query.lower().split()) + "\t")


def test_about_65_10_25_percent_of_many_queries() -> None:
    counts = Counter(split_of(f"query {n}") for n in range(4000))
    shares = {split: counts[split] / 4000 for split in SPLITS}
    # Four standard deviations of the widest share: 4 * sqrt(0.65 * 0.35 / 4000) = 0.03.
    assert abs(shares["train"] - 0.65) < 0.03
    assert abs(shares["val"] - 0.10) < 0.03
    assert abs(shares["test"] - 0.25) < 0.03

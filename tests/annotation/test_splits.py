"""The split of a query is a function of its normal form alone."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.splits import SPLITS, normal_query, split_of


@given(st.text())
def test_case_and_spacing_do_not_move_a_query(query: str) -> None:
    assert split_of(query) in SPLITS
    assert split_of(f"  {normal_query(query)}\n") == split_of(query)


def test_the_split_of_a_query_never_changes_between_releases() -> None:
    splits = [split_of(query) for query in ("red boots", "sofa", "dog lead", "tent", "kite")]
    assert splits == ["train", "test", "train", "train", "train"]


def test_the_shares_are_65_10_and_25_percent() -> None:
    counts = Counter(split_of(f"query {number}") for number in range(4000))
    shares = {split: counts[split] / 4000 for split in SPLITS}
    assert shares == pytest.approx({"train": 0.65, "val": 0.10, "test": 0.25}, abs=0.02)

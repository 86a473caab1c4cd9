from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from annotation.quality.alpha import alpha_explained
from annotation.quality.alpha_interval import alpha_interval

Patterns = dict[tuple[str, ...], int]
answers = st.lists(st.sampled_from("ab"), min_size=2, max_size=3).map(
    lambda labels: tuple(sorted(labels))
)


def test_it_is_the_jackknife_over_items() -> None:
    patterns: Patterns = {("a", "a"): 2, ("a", "b"): 1, ("b", "b"): 2}
    items = [answer for answer, n in patterns.items() for _ in range(n)]
    without = []
    for left_out in range(len(items)):
        rest = items[:left_out] + items[left_out + 1 :]
        counts = {answer: rest.count(answer) for answer in set(rest)}
        without.append(alpha_explained(counts).alpha.value or 0.0)
    mean = sum(without) / 5
    error = 1.96 * math.sqrt(4 / 5 * sum((value - mean) ** 2 for value in without))
    whole = alpha_explained(patterns).alpha.value
    assert whole is not None
    assert math.isclose(whole, 1 - (2 / 10) / (50 / 90))
    interval = alpha_interval(patterns)
    assert interval is not None
    assert math.isclose(interval[0], whole - error)
    assert interval[1] == min(1.0, whole + error)


def test_more_items_of_the_same_kind_make_it_narrower() -> None:
    few = alpha_interval({("a", "a"): 20, ("a", "b"): 4, ("b", "b"): 20})
    many = alpha_interval({("a", "a"): 200, ("a", "b"): 40, ("b", "b"): 200})
    assert few is not None
    assert many is not None
    assert few[0] < many[0] < 0.82 < many[1] < few[1]  # alpha is 0.818 and 0.820


def test_where_alpha_is_undefined_so_is_its_interval() -> None:
    assert alpha_interval({}) is None
    assert alpha_interval({("a",): 40}) is None
    assert alpha_interval({("a", "a"): 40}) is None
    # without its one item of "b", everybody always said the same
    assert alpha_interval({("a", "a"): 40, ("b", "b"): 1}) is None


@given(st.dictionaries(answers, st.integers(1, 30), min_size=1))
def test_alpha_lies_in_its_interval(patterns: Patterns) -> None:
    interval, value = alpha_interval(patterns), alpha_explained(patterns).alpha.value
    if interval is not None:
        assert value is not None
        assert interval[0] <= value <= interval[1] + 1e-12

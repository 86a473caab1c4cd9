"""From worths to priorities."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.scoring.places import BAND, HIGHEST_RANK, OpenItem, explored, priorities


def open_item(item: int, worth: float, **more: object) -> OpenItem:
    values = {"pair": item, "query": f"q{item}", "policy": "p"} | more
    return OpenItem(item=item, worth=worth, **values)  # type: ignore[arg-type]


def test_ranks_are_shares_of_what_is_worth_less() -> None:
    placed = priorities([open_item(n, worth=n) for n in range(1, 5)], percent=0)
    assert placed == {1: 6, 2: 16, 3: 26, 4: 36}  # 1 + 40 x 1/8, 3/8, 5/8, 7/8


def test_of_equals_the_oldest_comes_first() -> None:
    placed = priorities([open_item(n, worth=0.5) for n in range(1, 5)], percent=0)
    assert placed == {1: 36, 2: 26, 3: 16, 4: 6}


def test_a_single_new_item_is_compared_with_what_has_its_place() -> None:
    assert priorities([open_item(1, 0.5)], percent=0, known=[0.9, 0.8, 0.7]) == {1: 6}


def test_one_item_a_pair_is_in_front_the_reading_that_most_share() -> None:
    rows = [open_item(n, 1.0, pair=7, query="q", shown=n == 2) for n in (1, 2, 3)]
    placed = priorities(rows, percent=0)
    assert [n for n, priority in placed.items() if priority > 0] == [2]
    assert all(-BAND < priority < 0 for n, priority in placed.items() if n != 2)


def test_two_of_a_query_are_in_front_at_a_time() -> None:
    rows = [open_item(n, worth=n, query="q") for n in range(4)]
    placed = priorities(rows, percent=0)
    assert sorted(n for n, priority in placed.items() if priority > 0) == [2, 3]
    later = priorities(rows[:2], percent=0, fronts={"q": 1})
    assert sorted(n for n, priority in later.items() if priority > 0) == [1]


def test_a_superseded_policy_is_one_band_lower() -> None:
    placed = priorities([open_item(1, 1.0, behind=1), open_item(2, 0.5)], percent=0)
    assert placed[1] < 0 < placed[2]


def test_what_chance_places_is_its_share_of_every_part_of_the_queue() -> None:
    rows = [open_item(n, worth=n, query="q") for n in range(4000)]
    drawn = {row.item for row in rows if explored(row, 15)}
    assert len(drawn) == pytest.approx(600, abs=90)
    spread = [row for row in rows if row.item % 2 == 0]
    queries = [open_item(row.item, row.worth) for row in spread]  # no query holds another back
    placed = priorities(queries, percent=15)
    front = [n for n, priority in placed.items() if priority > HIGHEST_RANK * 3 / 4]
    share = sum(n in drawn for n in front) / len(front)
    assert share == pytest.approx(0.15, abs=0.05)
    alone = priorities(rows, percent=15)  # chance does not ask how many of a query there are
    assert all(alone[n] > 0 for n in drawn)


@settings(max_examples=50, deadline=None)
@given(
    worths=st.lists(st.floats(0, 5), min_size=1, max_size=30),
    behind=st.integers(0, 3),
    percent=st.integers(0, 100),
)
def test_every_place_is_in_one_of_three_bands(
    worths: list[float], behind: int, percent: int
) -> None:
    rows = [open_item(n, w, behind=behind, query="q") for n, w in enumerate(worths)]
    placed = priorities(rows, percent)
    assert placed.keys() == set(range(len(worths)))
    assert all(1 - 2 * BAND <= priority <= HIGHEST_RANK for priority in placed.values())

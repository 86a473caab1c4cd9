"""Which pairs an order asks about, and what people answer."""

from __future__ import annotations

from collections import Counter

from lab.campaign.asking import PoolPair, answers, pairs_in_order
from training.scoring.priority import PairGroup

TRUTH = {"3": {"value": "match"}, "4": {"value": "all"}, "5": {"value": "4"}}


def pool_pair(name: str, *tiers: str, query: str = "") -> PoolPair:
    row = {"pair_id": name, "query": query or name, "truth": TRUTH}
    return PoolPair(row, PairGroup(claims=[{5: tier} for tier in tiers]))


def names(chosen: list[PoolPair]) -> list[str]:
    return [each.pair for each in chosen]


def test_claim_entropy_asks_first_where_the_policy_contradicts_itself() -> None:
    pool = [pool_pair("sure", "4", "4"), pool_pair("torn", "4", "1")]
    assert names(pairs_in_order(pool, "claim_entropy", 0, stage=1, per_query=2)) == [
        "torn",
        "sure",
    ]


def test_at_most_two_of_a_query_are_asked_in_a_stage() -> None:
    pool = [pool_pair(f"a{n}", "4", "1", query="a") for n in range(4)]
    pool.append(pool_pair("b", "4", "4", query="b"))
    chosen = names(pairs_in_order(pool, "claim_entropy", 0, stage=3, per_query=2))
    assert chosen[2] == "b"
    assert sorted(chosen) == ["a0", "a1", "a2", "a3", "b"]


def test_an_order_that_asks_twice_spends_two_labels_on_a_pair() -> None:
    pool = [pool_pair(f"p{n}", "4", "1") for n in range(4)]
    chosen = pairs_in_order(pool, "asks_twice", 0, stage=4, per_query=2)
    assert set(Counter(names(chosen)).values()) == {2}
    assert len(set(names(chosen[:4]))) == 2
    assert len(answers(chosen[:4], 0.0, seed=0)) == 2


def test_a_random_order_is_the_seeds() -> None:
    pool = [pool_pair(f"p{n}", "4") for n in range(20)]
    one, again, other = (
        names(pairs_in_order(pool, "random", seed, stage=5, per_query=2)) for seed in (1, 1, 2)
    )
    assert one == again != other


def test_a_first_answer_is_the_same_under_every_order() -> None:
    pool = [pool_pair(f"p{n}", "4") for n in range(30)]
    forwards = {row["pair_id"]: row["truth"] for row in answers(pool, 0.5, seed=3)}
    backwards = {row["pair_id"]: row["truth"] for row in answers(pool[::-1], 0.5, seed=3)}
    assert forwards == backwards
    assert any(truth["5"]["value"] != "4" for truth in forwards.values())

"""What an answer would be worth, on groups whose numbers can be checked by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.cot.readings import most_frequent
from annotation.cot.steps import VALUES, StepKind
from training.scoring.expected import expected_change, value_chances
from training.scoring.priority import (
    PairGroup,
    claim_entropy,
    flip_risk,
    least_sure,
    shares_changed,
    uncertainty,
)

STRUCTURED = [3, 4, 5]


def tiers(*values: str, ps: tuple[float, ...] = ()) -> PairGroup:
    return PairGroup(claims=[{5: value} for value in values], chances=[{5: p} for p in ps])


@pytest.mark.parametrize(("p", "expected"), [(0.0, 0.0), (0.25, 0.5), (0.5, 1.0), (0.9, 0.2)])
def test_uncertainty_is_twice_the_chance_of_a_wrong_verdict(p: float, expected: float) -> None:
    assert uncertainty(p) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("ps", "expected"),
    [
        ([0.9, 0.8, 0.7, 0.6], [1, 1, 1, 1]),  # no variance: any flip makes some
        ([0.1, 0.2], [1, 1]),
        ([0.9, 0.1], [1, 1]),  # either flip ends it
        ([0.9, 0.1, 0.2, 0.3], [1, 0.25, 0.25, 0.25]),  # only the first flip ends it
        ([0.9, 0.8, 0.1, 0.2], [0.25] * 4),
        ([0.5], [1]),
    ],
)
def test_a_flip_that_makes_or_ends_variance_changes_every_advantage(
    ps: list[float], expected: list[float]
) -> None:
    assert shares_changed(ps) == expected


def test_up_to_two_rollouts_a_pair_flip_risk_is_uncertainty() -> None:
    group = tiers("4", "3", ps=(0.7, 0.1))
    assert [flip_risk(group, row, [5]) for row in (0, 1)] == [
        least_sure(group, row, [5]) for row in (0, 1)
    ]


def test_a_policy_that_contradicts_itself_has_the_higher_entropy() -> None:
    assert claim_entropy(tiers("4", "4", "4")) == 0
    assert claim_entropy(tiers("4", "4", "1", "1")) == pytest.approx(0.5)  # one bit of two
    assert claim_entropy(tiers("4", "3", "2", "1")) == pytest.approx(1)
    assert claim_entropy(PairGroup(claims=[{}, {}])) == 0  # nothing that can be read


def test_the_reading_that_most_rollouts_share_is_shown() -> None:
    assert most_frequent(tiers("4", "1", "1").claims) == 1
    assert most_frequent(tiers("4", "1").claims) == 0


def test_a_label_on_a_masked_step_is_worth_the_advantages_that_it_makes() -> None:
    # Any answer that somebody claims splits two rollouts into 1 and 0: z = 0.5 / std(0.7071),
    # which all five steps of both get as their return. Unclaimed answers move nothing.
    z = 0.5 / (math.sqrt(0.5) + 1e-4)
    worth = expected_change(tiers("4", "1", ps=(0.5, 0.3)), 0, [5], {}, {5: 10.0})
    assert worth == pytest.approx((0.5 + 0.3) * z / 10, rel=1e-5)


def test_what_the_next_run_knows_already_is_worth_nothing_to_ask() -> None:
    nan = math.nan
    known = PairGroup(
        claims=[{5: "4"}, {5: "1"}],
        chances=[{5: 1.0}, {5: 0.0}],
        rewards=[[nan, nan, nan, nan, 1.0], [nan, nan, nan, nan, 0.0]],
    )
    assert expected_change(known, 0, [5], {}, {}) == 0


def test_an_answer_that_takes_twice_as_long_is_worth_half() -> None:
    group = tiers("4", "1", ps=(0.5, 0.5))
    slow, fast = (expected_change(group, 0, [5], {}, {5: s}) for s in (20.0, 10.0))
    assert slow == pytest.approx(fast / 2)


def test_a_verdict_on_a_prefix_settles_every_rollout_that_begins_so() -> None:
    same = PairGroup(claims=[{}, {}, {}], hashes=[{1: "a"}, {1: "a"}, {1: "b"}])
    alone = PairGroup(claims=[{}, {}], hashes=[{1: "a"}, {1: "a"}])
    nan = math.nan
    one_known = [[nan] * 5, [nan] * 5, [1.0, nan, nan, nan, nan]]
    told = PairGroup(claims=same.claims, hashes=same.hashes, rewards=one_known)
    assert expected_change(told, 0, [1], {}, {}) > 0  # "incorrect" would tell a from b
    assert expected_change(alone, 0, [1], {}, {}) == 0  # equal rewards teach nothing


def test_claims_have_the_reward_models_chance_and_the_rest_goes_by_how_often_values_are() -> (
    None
):
    group = tiers("4", "4", "3", ps=(0.6, 0.4, 0.1))
    q = value_chances(group, 5, {"2": 0.3, "1": 0.1, "4": 0.6})
    assert q == pytest.approx({"4": 0.5, "3": 0.1, "2": 0.3, "1": 0.1})


def test_without_a_reward_model_values_are_as_likely_as_they_are_frequent() -> None:
    q = value_chances(tiers("4", "3"), 5, {"4": 3.0, "3": 1.0})
    assert q == pytest.approx({"4": 0.75, "3": 0.25, "2": 0, "1": 0})


@settings(max_examples=60, deadline=None)
@given(data=st.data(), size=st.integers(1, 6))
def test_the_chances_of_a_steps_values_sum_to_one_and_worth_is_bounded(
    data: st.DataObject, size: int
) -> None:
    claims = [
        {k: data.draw(st.sampled_from(VALUES[StepKind(k)])) for k in STRUCTURED}
        for _ in range(size)
    ]
    chances = [{k: data.draw(st.floats(0, 1)) for k in STRUCTURED} for _ in range(size)]
    group = PairGroup(claims=claims, chances=chances)
    for kind in STRUCTURED:
        q = value_chances(group, kind, {})
        assert not q or sum(q.values()) == pytest.approx(1)
    worth = expected_change(group, 0, STRUCTURED, {}, dict.fromkeys(STRUCTURED, 1.0))
    assert 0 <= worth <= 4

"""What several votes come to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.cot.steps import VALUES, StepKind
from annotation.deciding.consensus import Vote, decide

QUERY, CATEGORY, FINAL = StepKind.QUERY, StepKind.CATEGORY, StepKind.FINAL


def verdicts(*answers: str) -> list[Vote]:
    return [Vote(i, verdict) for i, verdict in enumerate(answers)]


def tiers(*answers: str, claimed: str = "4") -> list[Vote]:
    return [
        Vote(i, "correct" if v == claimed else "incorrect", v) for i, v in enumerate(answers)
    ]


def test_nobody_has_voted() -> None:
    assert decide([], QUERY).status == "open"


def test_two_who_say_the_same_agree_fully() -> None:
    decision = decide(verdicts("correct", "correct"), QUERY)
    assert (decision.status, decision.verdict, decision.agreement, decision.n) == (
        "agreed", "correct", 1.0, 2,
    )  # fmt: skip


def test_two_who_differ_are_split() -> None:
    assert decide(verdicts("correct", "incorrect"), QUERY).status == "split"


def test_two_of_three_decide_with_two_thirds_agreement() -> None:
    decision = decide(verdicts("correct", "incorrect", "incorrect"), QUERY)
    assert (decision.verdict, decision.n) == ("incorrect", 3)
    assert decision.agreement == pytest.approx(2 / 3)


def test_an_unsure_vote_does_not_count_and_one_sure_vote_of_two_is_not_enough() -> None:
    assert decide(verdicts("correct", "unsure"), QUERY).status == "split"
    third = decide(verdicts("correct", "unsure", "correct"), QUERY)
    assert (third.status, third.verdict, third.agreement, third.n) == (
        "agreed", "correct", 1.0, 2,
    )  # fmt: skip


def test_one_annotator_alone_decides_when_only_one_was_asked() -> None:
    assert decide(verdicts("incorrect"), QUERY).status == "agreed"
    assert decide(verdicts("unsure"), QUERY).status == "split"


def test_two_who_call_a_step_wrong_for_different_reasons_are_split() -> None:
    assert decide(tiers("3", "2"), FINAL).status == "split"


def test_the_majority_value_brings_its_verdict() -> None:
    decision = decide(tiers("4", "2", "2"), FINAL)
    assert (decision.value, decision.verdict) == ("2", "incorrect")


def test_three_different_tiers_are_split_unless_the_median_is_asked_for() -> None:
    votes = tiers("1", "4", "2")
    assert decide(votes, FINAL).status == "split"
    median = decide(votes, FINAL, ordinal_median=True)
    assert (median.status, median.value, median.agreement) == ("agreed", "2", 1 / 3)


def test_the_median_settles_tiers_alone() -> None:
    votes = [Vote(i, "incorrect", v) for i, v in enumerate(VALUES[CATEGORY])]
    assert decide(votes, CATEGORY, ordinal_median=True).status == "split"


votes_on_tiers = st.lists(
    st.builds(
        Vote,
        st.integers(0, 9),
        st.sampled_from(["correct", "incorrect", "unsure"]),
        st.sampled_from(["", *VALUES[FINAL]]),
    ),
    max_size=7,
)


@given(votes_on_tiers)
def test_the_order_of_the_votes_does_not_matter(votes: list[Vote]) -> None:
    turned = list(reversed(votes))
    first, second = decide(votes, FINAL), decide(turned, FINAL)
    assert (first.status, first.value, first.agreement) == (
        second.status, second.value, second.agreement,
    )  # fmt: skip


@given(votes_on_tiers)
def test_an_agreed_value_was_named_by_more_than_half_of_the_counted(votes: list[Vote]) -> None:
    decision = decide(votes, FINAL)
    if decision.status == "agreed":
        sure = [v for v in votes if v.verdict != "unsure" and v.value]
        assert 2 * sum(v.value == decision.value for v in sure) > len(sure) == decision.n


def reasoned(*answers: tuple[str, str]) -> list[Vote]:
    return [Vote(i, verdict, value) for i, (verdict, value) in enumerate(answers)]


RIGHT, WRONG_REASONING = ("correct", "4"), ("incorrect", "4")


def test_the_verdict_is_that_of_most_people_behind_the_value() -> None:
    decision = decide(
        reasoned(RIGHT, WRONG_REASONING, WRONG_REASONING, RIGHT, WRONG_REASONING), FINAL
    )
    assert (decision.status, decision.verdict, decision.value) == ("agreed", "incorrect", "4")
    assert (decision.agreement, decision.n) == (1.0, 5)
    among_three = decide(reasoned(WRONG_REASONING, WRONG_REASONING, ("incorrect", "2")), FINAL)
    assert (among_three.verdict, among_three.value) == ("incorrect", "4")


def test_two_who_agree_on_the_value_and_not_on_the_reasoning_are_split() -> None:
    decision = decide(reasoned(RIGHT, WRONG_REASONING), FINAL)
    assert (decision.status, decision.agreement, decision.n) == ("split", 0.5, 2)

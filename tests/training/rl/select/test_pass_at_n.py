"""pass@N and its pairs, on numbers that can be checked by hand."""

import pytest

from tests.training.rl.tiny import answer, make_samples
from training.job.types import ScoredRollout
from training.reward.rewards import HybridRewards
from training.rl.select.pass_at_n import pass_at, pass_curve, preferences
from verifier.truth import TruthTable

SAMPLE = make_samples()[1]
RIGHT, WRONG = answer(SAMPLE), answer(SAMPLE, wrong=True)
OTHER = WRONG.replace("tier: 3", "tier: 2")


def scored(*texts: str) -> list[ScoredRollout]:
    return HybridRewards(TruthTable()).score([SAMPLE] * len(texts), texts)


@pytest.mark.parametrize(
    ("right", "n", "k", "expected"),
    [
        (0, 4, 4, 0.0),
        (1, 4, 1, 0.25),
        (1, 4, 2, 0.5),  # 1 - C(3,2)/C(4,2) = 1 - 3/6
        (2, 5, 3, 0.9),  # 1 - C(3,3)/C(5,3) = 1 - 1/10
        (4, 4, 1, 1.0),
    ],
)
def test_the_chance_that_one_of_k_is_right(right: int, n: int, k: int, expected: float) -> None:
    assert pass_at(right, n, k) == pytest.approx(expected)


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="5 right of 4"):
        pass_at(5, 4, 1)


def test_the_curve_is_the_mean_over_groups_whose_truth_is_known() -> None:
    groups: list[list[float | None]] = [[1.0, 0.0], [0.0, 0.0], [None, None]]
    assert pass_curve(groups) == pytest.approx([0.25, 0.5])
    assert pass_curve([[None]]) == []


def test_what_the_policy_can_do_itself_is_preferred_to_what_it_did_wrong() -> None:
    pairs = preferences(scored(WRONG, RIGHT, OTHER, RIGHT), "a reference", ["guided"], limit=4)
    assert [(p.chosen, p.rejected, p.origin) for p in pairs] == [(RIGHT, WRONG, "own")]


def test_where_every_try_fails_the_reference_is_preferred() -> None:
    pairs = preferences(scored(WRONG, WRONG, OTHER), "a reference", ["x", "y"], limit=4)
    assert [(p.chosen, p.rejected) for p in pairs] == [
        ("a reference", WRONG),
        ("a reference", OTHER),
    ]
    assert {p.origin for p in pairs} == {"reference"}


def test_without_a_reference_each_failure_is_set_against_itself_put_right() -> None:
    pairs = preferences(scored(WRONG, OTHER), None, ["", "better"], limit=4)
    assert [(p.chosen, p.rejected, p.origin) for p in pairs] == [("better", OTHER, "guided")]


def test_no_more_than_the_limit_and_nothing_where_all_is_right() -> None:
    assert len(preferences(scored(WRONG, OTHER), "r", [], limit=1)) == 1
    assert preferences(scored(RIGHT, RIGHT), "r", [], limit=4) == []

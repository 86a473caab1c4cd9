"""Guided replay and dynamic sampling: which groups, which rollouts, what is corrected."""

import pytest

from annotation.cot.steps import StepKind
from tests.training.rl.tiny import answer, make_samples
from training.rl.select.dynamic import teaches
from training.rl.select.guidance import corrected
from training.rl.select.replay import accuracy, chosen, zero_variance

SAMPLE = make_samples()[1]  # match x all: tier 4
TRUE = {kind: truth.value for kind, truth in SAMPLE.truth.items()}
RIGHT, WRONG = answer(SAMPLE), answer(SAMPLE, wrong=True)


def test_accuracy_counts_only_what_is_known() -> None:
    assert accuracy([1.0, 0.0, None, 0.0]) == pytest.approx(1 / 3)
    assert accuracy([None, None]) is None


def test_a_failing_group_replays_its_first_wrong_rollouts_up_to_the_share() -> None:
    assert chosen([0.0] * 8, below=0.25, share=0.5) == [0, 1, 2, 3]
    assert chosen([1.0, 0.0, 0.0, 0.0], below=0.25, share=0.5) == [1, 2]
    assert chosen([0.0, 0.0, 0.0], below=0.25, share=0.5) == [0, 1]  # 1.5 rounded up


def test_a_group_above_the_threshold_or_without_a_truth_is_left_alone() -> None:
    assert chosen([1.0, 1.0, 0.0, 0.0], below=0.25, share=0.5) == []
    assert chosen([None, None], below=0.25, share=0.5) == []


def test_groups_whose_outcomes_are_all_the_same_have_no_variance() -> None:
    groups: list[list[float | None]] = [[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [None, 1.0]]
    assert zero_variance(groups) == 0.75


@pytest.mark.parametrize(
    ("right", "max_right", "stays"),
    [(0, 1.0, False), (1, 1.0, True), (7, 1.0, True), (8, 1.0, False), (6, 0.75, False)],
)
def test_a_group_teaches_when_some_but_not_too_many_are_right(
    right: int, max_right: float, stays: bool
) -> None:
    assert teaches([1.0] * right + [0.0] * (8 - right), max_right) is stays


def test_an_unknown_truth_teaches_nothing() -> None:
    assert not teaches([None, None], 1.0)


def test_the_first_wrong_claim_is_put_right_and_what_follows_is_left_to_the_policy() -> None:
    mended = corrected(WRONG, TRUE, "answer_last")
    assert mended == WRONG.partition("category: ")[0] + "category: match"


def test_a_right_claim_is_kept_as_it_was_written() -> None:
    half = WRONG.replace("category: related", "category: match")
    mended = corrected(half, TRUE, "answer_last")
    assert mended == half.partition("attribute: ")[0] + "attribute: all"


def test_a_right_rollout_needs_no_guidance() -> None:
    assert corrected(RIGHT, TRUE, "answer_last") is None


def test_an_unknown_truth_corrects_nothing() -> None:
    known = {StepKind.FINAL: "4"}
    mended = corrected(WRONG, known, "answer_last")
    assert mended is not None
    assert mended.endswith("tier: 4")
    assert "category: related\n" in mended


@pytest.mark.parametrize("text", ["", "hello", RIGHT.replace("## 2 item analysis", "")])
def test_what_is_malformed_before_the_claim_is_not_guided(text: str) -> None:
    assert corrected(text.replace("tier: 4", "tier: 1"), TRUE, "answer_last") is None


def test_the_answer_comes_first_where_the_layout_says_so() -> None:
    first = "## 5 final judgment\nhm\ntier: 3\n## 1 query analysis\nx\n"
    assert corrected(first, TRUE, "answer_first") == "## 5 final judgment\nhm\ntier: 4"

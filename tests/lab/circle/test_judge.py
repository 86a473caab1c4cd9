"""What simulated annotators answer."""

from __future__ import annotations

import pytest

from annotation.cot.steps import VALUES, StepKind
from lab.simulate.judge import Answer, HeldTruth, NoisyJudge, same_lines

HELD = HeldTruth(
    values={StepKind.CATEGORY: "match", StepKind.ATTRIBUTE: "all", StepKind.FINAL: "4"},
    bodies={StepKind.QUERY: "want: shoes\n+ color red", StepKind.ITEM: "shoes\ncolor red"},
)


def test_without_noise_a_right_claim_is_correct_and_a_wrong_one_is_corrected() -> None:
    judge = NoisyJudge(0, seed=1)
    assert judge.answer(StepKind.FINAL, "tier: 4", "4", HELD) == Answer("correct", "4")
    assert judge.answer(StepKind.FINAL, "tier: 2", "2", HELD) == Answer("incorrect", "4")


def test_open_steps_are_right_when_they_hold_the_same_lines_in_any_order() -> None:
    judge = NoisyJudge(0, seed=1)
    text = "## 1 query analysis\n+ color  red\nWANT: shoes"
    assert judge.answer(StepKind.QUERY, text, "", HELD).verdict == "correct"
    assert judge.answer(StepKind.QUERY, "want: shoes", "", HELD).verdict == "incorrect"
    assert not same_lines("a\nb", "a")


def test_a_missing_step_is_never_correct_however_noisy_the_judge() -> None:
    judge = NoisyJudge(0.9, seed=1)
    for kind in StepKind:
        assert {judge.answer(kind, "", "", HELD).verdict for _ in range(50)} == {"incorrect"}


def test_noise_errs_about_as_often_as_it_says_and_always_to_another_value() -> None:
    judge = NoisyJudge(0.25, seed=7)
    answers = [judge.answer(StepKind.FINAL, "tier: 4", "4", HELD) for _ in range(2000)]
    wrong = [a for a in answers if a.value != "4"]
    assert 0.21 < len(wrong) / len(answers) < 0.29
    assert {a.value for a in wrong} == set(VALUES[StepKind.FINAL]) - {"4"}
    assert all(a.verdict == "incorrect" for a in wrong)


@pytest.mark.parametrize("noise", [-0.1, 1.0])
def test_a_noise_that_is_no_probability_is_refused(noise: float) -> None:
    with pytest.raises(ValueError, match="noise must be in"):
        NoisyJudge(noise, seed=0)

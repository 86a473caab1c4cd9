"""Which labels are acceptable, message by message."""

from __future__ import annotations

import pytest

from annotation.cot.attributes import AttributeMark
from annotation.cot.labels import (
    JudgedStep,
    LabelInput,
    label_errors,
    rule_warning,
    with_implied_value,
)
from annotation.cot.rules import DEFAULT_RULES, parse_rules

STEPS = {
    1: JudgedStep("", 40),
    3: JudgedStep("match", 40),
    5: JudgedStep("2", 40),
}
ALL = [1, 2, 3, 4, 5]
RED = AttributeMark("color", "match")


def problem(label: LabelInput, steps: dict[int, JudgedStep] = STEPS) -> str:
    return label_errors([label], ALL, steps).get(label.kind, "")


def test_an_empty_form_is_refused_as_a_whole() -> None:
    assert label_errors([], ALL, STEPS) == {0: "judge at least one step"}


@pytest.mark.parametrize(
    ("label", "message"),
    [
        (LabelInput(1, ""), "choose correct, incorrect or unsure"),
        (LabelInput(1, "unsure", reason=" "), "say why you are unsure"),
        (LabelInput(1, "correct", "match"), "this step has no value"),
        (LabelInput(2, "correct"), "missing from the text"),
        (LabelInput(3, "incorrect"), "choose the true category"),
        (LabelInput(3, "incorrect", "yes"), "category must be one of match, related, mismatch"),
        (LabelInput(3, "correct", "related"), "the text says match: incorrect"),
        (LabelInput(1, "correct", comment="x", comment_start=3), "not part of this step"),
        (
            LabelInput(1, "correct", comment="x", comment_start=3, comment_end=41),
            "not part of this step",
        ),
        (LabelInput(1, "correct", comment_start=3, comment_end=9), "write the comment"),
        (LabelInput(3, "correct", "match", attributes=(RED,)), "only step 4"),
        (LabelInput(4, "incorrect", "all", attributes=(RED, RED)), "marked twice"),
    ],
)
def test_a_bad_label_says_what_is_wrong(label: LabelInput, message: str) -> None:
    assert message in problem(label)


@pytest.mark.parametrize(
    "label",
    [
        LabelInput(1, "correct"),
        LabelInput(2, "incorrect"),  # missing in STEPS
        LabelInput(4, "incorrect", "partial"),  # missing, its true value is asked all the same
        LabelInput(3, "correct", "match"),
        LabelInput(5, "incorrect", "2"),  # the reasoning is wrong, the value is right
        LabelInput(3, "unsure", reason="two types in one product"),
        LabelInput(1, "correct", comment="nice", comment_start=0, comment_end=40),
    ],
)
def test_a_good_label_passes(label: LabelInput) -> None:
    assert problem(label) == ""


def test_a_step_that_is_not_asked_or_judged_twice_is_refused() -> None:
    label = LabelInput(3, "correct", "match")
    assert label_errors([label], [5], STEPS) == {3: "this item does not ask about this step"}
    assert label_errors([label, label], ALL, STEPS) == {3: "judged twice"}


def test_correct_without_a_value_means_the_claimed_one() -> None:
    assert with_implied_value(LabelInput(3, "correct"), STEPS[3]).value == "match"
    assert with_implied_value(LabelInput(3, "incorrect"), STEPS[3]).value == ""
    assert with_implied_value(LabelInput(1, "correct"), STEPS[1]).value == ""


def test_values_that_break_the_rules_table_give_a_warning() -> None:
    rules = parse_rules(DEFAULT_RULES)
    labels = [
        LabelInput(3, "correct", "match"),
        LabelInput(4, "correct", "all"),
        LabelInput(5, "correct", "2"),
    ]
    assert rule_warning(labels, rules) == "category match and attribute all give tier 4, not 2"
    assert rule_warning(labels[:2], rules) is None

"""Reference CoTs by rule."""

from __future__ import annotations

from annotation.cot.rules import DEFAULT_RULES, parse_rules
from annotation.cot.steps import StepKind, parse
from lab.circle.writer import rule_cot

RULES = parse_rules(DEFAULT_RULES)


def test_the_rule_writes_five_readable_steps_whose_tier_follows_from_the_table() -> None:
    text = rule_cot("Laptop Bag", "ACME bag 15", "", {"3": "match", "4": "partial"}, RULES)
    assert text is not None
    steps = {step.kind: step for step in parse(text, "answer_last")}
    assert steps[StepKind.CATEGORY].value == "match"
    assert steps[StepKind.ATTRIBUTE].value == "partial"
    assert steps[StepKind.FINAL].value == RULES.tier_for("match", "partial")
    assert "want: laptop bag" in text


def test_without_silver_values_nothing_is_made_up() -> None:
    assert rule_cot("q", "t", "", {}, RULES) is None
    assert rule_cot("q", "t", "", {"3": "match"}, RULES) is None

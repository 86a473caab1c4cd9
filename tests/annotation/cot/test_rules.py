"""The rules table."""

from __future__ import annotations

import pytest

from annotation.cot.rules import DEFAULT_RULES, RulesError, parse_rules


def test_the_default_table_gives_excellent_for_a_full_match() -> None:
    assert parse_rules(DEFAULT_RULES).tier_for("match", "all") == "4"


def test_a_mismatched_category_is_irrelevant_whatever_the_attributes_say() -> None:
    rules = parse_rules(DEFAULT_RULES)
    tiers = {rules.tier_for("mismatch", a) for a in ("all", "partial", "none", "not_requested")}
    assert tiers == {"1"}


def test_a_conflict_names_the_tier_that_the_table_gives() -> None:
    conflict = parse_rules(DEFAULT_RULES).conflict("match", "all", "2")
    assert conflict == "category match and attribute all give tier 4, not 2"


def test_a_tier_outside_the_scale_is_refused_by_cell() -> None:
    with pytest.raises(RulesError, match=r"\[match\] all must be a tier 1-4, got '7'"):
        parse_rules(DEFAULT_RULES.replace("all = 4", "all = 7"))


def test_a_missing_row_is_refused_by_name() -> None:
    with pytest.raises(RulesError, match=r"missing table \[mismatch\]"):
        parse_rules(DEFAULT_RULES.split("[mismatch]")[0])

"""The rules table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.cot.rules import DEFAULT_RULES, RulesError, parse_rules, rules_edited

CELLS = sorted(parse_rules(DEFAULT_RULES).tiers)


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


@given(st.lists(st.sampled_from("4321"), min_size=len(CELLS), max_size=len(CELLS)))
def test_an_edited_table_reads_back_as_its_tiers(tiers: list[str]) -> None:
    wanted = dict(zip(CELLS, tiers, strict=True))
    assert parse_rules(rules_edited(DEFAULT_RULES, wanted)).tiers == wanted


def test_a_table_that_already_says_so_stays_as_it_was_written() -> None:
    assert rules_edited(DEFAULT_RULES, parse_rules(DEFAULT_RULES).tiers) == DEFAULT_RULES


def test_a_cell_without_a_tier_is_refused_by_name() -> None:
    tiers = dict(parse_rules(DEFAULT_RULES).tiers) | {("related", "all"): ""}
    with pytest.raises(RulesError, match=r"\[related\] all must be a tier 1-4"):
        parse_rules(rules_edited(DEFAULT_RULES, tiers))

"""What the default rules table says of steps 3 and 4 where the tier is known."""

from __future__ import annotations

import pytest

from annotation.cot.rules import DEFAULT_RULES, parse_rules
from annotation.cot.steps import StepKind
from tests.factories import make_pair, make_project
from verifier.implied import completed, implied_again, with_implied
from verifier.models import GroundTruth, ReleaseRow
from verifier.services.release import release_cut
from verifier.services.truth import truth_refresh
from verifier.truth import Truth, TruthTable, dump, parse_table

RULES = parse_rules(DEFAULT_RULES)
CATEGORY, ATTRIBUTE, TIER = StepKind.CATEGORY, StepKind.ATTRIBUTE, StepKind.FINAL


@pytest.mark.parametrize(
    ("known", "implied"),
    [
        # 4 = match x all, not_requested; 3 = match x partial, related x all, not_requested;
        # 2 = match x none, related x partial, none; 1 = mismatch x anything
        ({TIER: "4"}, {CATEGORY: "match"}),
        ({TIER: "3"}, {}),
        ({TIER: "2"}, {}),
        ({TIER: "1"}, {CATEGORY: "mismatch"}),
        ({TIER: "3", CATEGORY: "match"}, {ATTRIBUTE: "partial"}),
        ({TIER: "3", ATTRIBUTE: "all"}, {CATEGORY: "related"}),
        ({TIER: "2", CATEGORY: "match"}, {ATTRIBUTE: "none"}),
        ({TIER: "2", ATTRIBUTE: "none"}, {}),
        ({TIER: "1", CATEGORY: "match"}, {}),  # people contradict the table
        ({CATEGORY: "match", ATTRIBUTE: "all"}, {}),  # no tier
        ({}, {}),
    ],
)
def test_a_tier_implies_what_the_table_leaves_no_choice_about(
    known: dict[StepKind, str], implied: dict[StepKind, str]
) -> None:
    assert RULES.implied(known) == implied


def test_people_come_before_what_is_implied_and_silver_after_it() -> None:
    tier = Truth("4", "consensus", 7)
    guess = Truth("mismatch", "silver")
    assert completed({TIER: tier, CATEGORY: guess}, RULES) == {
        TIER: tier,
        CATEGORY: Truth("match", "implied", 7),
    }
    word = Truth("mismatch", "consensus", 8)
    assert completed({TIER: tier, CATEGORY: word}, RULES)[CATEGORY] == word


def test_a_silver_value_that_the_table_rules_out_is_left_out() -> None:
    known = {TIER: Truth("4", "gold"), ATTRIBUTE: Truth("none", "silver")}
    assert ATTRIBUTE not in completed(known, RULES)
    possible = {TIER: Truth("4", "gold"), ATTRIBUTE: Truth("all", "silver")}
    assert completed(possible, RULES)[ATTRIBUTE] == Truth("all", "silver")


def test_a_silver_tier_implies_nothing() -> None:
    known = {TIER: Truth("4", "silver")}
    assert completed(known, RULES) == known


def test_another_tier_leaves_nothing_of_what_the_old_one_implied() -> None:
    old = with_implied(
        [("a", TIER, Truth("4", "gold")), ("b", TIER, Truth("1", "gold"))], RULES
    )
    table = TruthTable(old)
    assert table.lookup("a", CATEGORY) == Truth("match", "implied")
    changed = [
        (pair, kind, Truth("2", "gold") if (pair, kind) == ("a", TIER) else truth)
        for pair, kind, truth in table.entries()
    ]
    again = TruthTable(implied_again(changed, RULES, {"a"}))
    assert again.lookup("a", CATEGORY) is None
    assert again.lookup("b", CATEGORY) == Truth("mismatch", "implied")


def test_the_source_is_a_row_of_the_file_and_read_back() -> None:
    table = TruthTable(with_implied([("p", TIER, Truth("4", "consensus", 7))], RULES))
    assert table.rows() == [["p", 3, "match", "implied", 7], ["p", 5, "4", "consensus", 7]]
    assert parse_table(dump(table)).rows() == table.rows()


@pytest.mark.django_db
def test_a_release_freezes_it_under_its_own_name_and_stores_it_nowhere_else() -> None:
    project = make_project()
    make_pair(project, gold={"5": "4"}, silver={"3": "mismatch", "4": "all"})
    truth_refresh(project=project)
    release = release_cut(project=project)
    assert {kind: counts for kind, counts in release.counts.items() if counts} == {
        "3": {"implied": 1}, "4": {"silver": 1}, "5": {"gold": 1},
    }  # fmt: skip
    assert not GroundTruth.objects.filter(source="implied").exists()
    assert set(ReleaseRow.objects.values_list("kind", flat=True)) == {3, 4, 5}


@pytest.mark.django_db
def test_the_projects_own_table_decides() -> None:
    project = make_project()
    project.rules = DEFAULT_RULES.replace("partial = 3", "partial = 4")
    project.save()
    make_pair(project, gold={"5": "3"})
    truth_refresh(project=project)
    # without match x partial only related products can be tier 3
    assert release_cut(project=project).counts["3"] == {"implied": 1}

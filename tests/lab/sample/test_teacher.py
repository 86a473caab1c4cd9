"""Each bias of the teacher alone, at rate one."""

from __future__ import annotations

import random

from lab.sample.teacher import PERFECT, Biases, biased_reading
from lab.sample.trace import Reading, true_reading
from lab.sample.world import Ask, CatalogueItem, Query

RED = Ask("color", "red")
NOT_LEATHER = Ask("material", "leather", avoid=True)


def query(*asks: Ask, query_type: str = "general") -> Query:
    return Query("q", query_type, "footwear", "sneakers", asks)


def product(type_name: str = "sneakers", **attributes: str) -> CatalogueItem:
    return CatalogueItem("p1", "t", "footwear", type_name, attributes, "")


def read(wanted: Query, item: CatalogueItem, biases: Biases) -> Reading:
    return biased_reading(random.Random(0), wanted, item, biases)


def test_a_perfect_teacher_reads_the_truth() -> None:
    wanted, item = query(RED, NOT_LEATHER), product("sandals", color="red", material="mesh")
    assert read(wanted, item, PERFECT) == true_reading(wanted, item)


def test_an_overlooked_negation_turns_the_wish_round_and_carries_on_to_the_tier() -> None:
    reading = read(query(NOT_LEATHER), product(material="leather"), Biases(overlook_negation=1))
    assert reading.asks == (Ask("material", "leather"),)
    assert (reading.attribute, reading.tier) == ("all", "4")


def test_a_sibling_taken_for_a_match_raises_the_tier() -> None:
    reading = read(query(RED), product("boots", color="red"), Biases(sibling_as_match=1))
    assert (reading.category, reading.tier) == ("match", "4")


def test_a_sibling_taken_for_a_mismatch_lowers_the_tier() -> None:
    reading = read(query(RED), product("boots", color="red"), Biases(sibling_as_mismatch=1))
    assert (reading.category, reading.tier) == ("mismatch", "1")


def test_a_need_is_served_by_any_sibling_only_in_knowledge_queries() -> None:
    biases = Biases(sibling_serves_need=1)
    need = query(RED, query_type="knowledge")
    assert read(need, product("boots", color="red"), biases).category == "match"
    assert read(query(RED), product("boots", color="red"), biases).category == "related"


def test_partial_read_as_all_raises_the_tier() -> None:
    wanted = query(RED, NOT_LEATHER)
    reading = read(wanted, product(color="red", material="leather"), Biases(partial_as_all=1))
    assert (reading.attribute, reading.tier) == ("all", "4")


def test_an_outdated_cell_changes_the_tier_and_neither_claim() -> None:
    biases = Biases(outdated={("match", "none"): ("3", 1.0)})
    reading = read(query(RED), product(color="blue"), biases)
    assert (reading.category, reading.attribute, reading.tier) == ("match", "none", "3")

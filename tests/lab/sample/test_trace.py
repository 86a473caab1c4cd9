"""The five bodies of a pair, checked by hand on one negated query."""

from __future__ import annotations

import random

from annotation.cot.steps import StepKind, parse
from lab.sample.drills import draw_candidate, draw_train_query
from lab.sample.lexicon import load_lexicon
from lab.sample.trace import cot, reference_bodies, true_reading
from lab.sample.world import Ask, CatalogueItem, Query, truth_of

QUERY = Query(
    "red sneakers without leather",
    "negation",
    "footwear",
    "sneakers",
    (Ask("color", "red"), Ask("material", "leather", avoid=True)),
)


def product(type_name: str = "sandals", **attributes: str) -> CatalogueItem:
    return CatalogueItem("p1", "norvik apex", "footwear", type_name, attributes, "")


def test_both_sides_stand_next_to_one_another_in_every_comparison() -> None:
    bodies = reference_bodies(QUERY, product(color="blue", material="leather"))
    assert bodies == {
        StepKind.QUERY: "type: negation\nwant: sneakers in footwear\ncolor: red\n"
        "material: not leather",
        StepKind.ITEM: "product: sandals in footwear\ncolor: blue\nmaterial: leather",
        StepKind.CATEGORY: "product: sneakers sandals different\n"
        "department: footwear footwear same\ncategory: related",
        StepKind.ATTRIBUTE: "color: red blue different unmet\n"
        "material: not leather leather same unmet\nattribute: none",
        StepKind.FINAL: "category related attribute none\ntier: 2",
    }


def test_an_avoided_value_that_the_product_lacks_is_met() -> None:
    body = reference_bodies(QUERY, product(color="red", material="mesh"))[StepKind.ATTRIBUTE]
    assert body.splitlines() == [
        "color: red red same met",
        "material: not leather mesh different met",
        "attribute: all",
    ]


def test_an_unstated_attribute_is_unknown_and_meets_neither_a_wish_nor_a_negation() -> None:
    bodies = reference_bodies(QUERY, product())
    assert "color: unknown" in bodies[StepKind.ITEM].splitlines()
    assert bodies[StepKind.ATTRIBUTE].splitlines() == [
        "color: red unknown missing unmet",
        "material: not leather unknown missing unmet",
        "attribute: none",
    ]


def test_a_query_without_asks_has_no_attribute_requested() -> None:
    query = Query("sneakers", "general", "footwear", "sneakers", ())
    assert truth_of(query, product("sneakers")).attribute == "not_requested"
    assert reference_bodies(query, product("sneakers"))[StepKind.FINAL].endswith("tier: 4")


def test_every_drawn_pair_gives_a_cot_that_the_strict_parser_reads_back() -> None:
    rng, lexicon = random.Random(5), load_lexicon()
    for _ in range(200):
        query = draw_train_query(rng, lexicon)
        item = draw_candidate(rng, lexicon, query)
        truth = truth_of(query, item)
        steps = parse(cot(query, item, true_reading(query, item)))
        assert [step.value for step in steps[2:]] == [
            truth.category,
            truth.attribute,
            truth.tier,
        ]

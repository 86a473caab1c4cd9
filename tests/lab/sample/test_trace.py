"""The five bodies of a pair, checked by hand on one negated query."""

from __future__ import annotations

import random
import re

from annotation.cot.quotes import faithful, product_lines
from annotation.cot.steps import StepKind, parse
from lab.sample.drills import draw_candidate, draw_train_query
from lab.sample.lexicon import load_lexicon
from lab.sample.trace import cot, met_or_not, reference_bodies, true_reading
from lab.sample.world import Ask, CatalogueItem, Query, pair_text, truth_of
from training.job.prompts import policy_prompt

QUERY = Query(
    "red sneakers without leather",
    "negation",
    "footwear",
    "sneakers",
    (Ask("color", "red"), Ask("material", "leather", avoid=True)),
)


LINES = {"color": ("Colour", "Crimson red"), "material": ("Material", "100 % leather")}


def product(type_name: str = "sandals", **attributes: str) -> CatalogueItem:
    return CatalogueItem(
        "p1", "Norvik Apex", "footwear", type_name, attributes, "", LINES, "Footwear > Sandals"
    )


def test_a_cot_quotes_the_lines_of_the_product_and_compares_what_they_mean() -> None:
    bodies = reference_bodies(QUERY, product(color="red", material="leather"))
    assert bodies == {
        StepKind.QUERY: "Wants sneakers, department footwear.\nColour: red\n"
        "Material: not leather",
        StepKind.ITEM: '"Footwear > Sandals" is sandals, department footwear.\n'
        '"Colour: Crimson red" is red\n"Material: 100 % leather" is leather',
        StepKind.CATEGORY: "Type: sneakers sandals different\n"
        "Department: footwear footwear same\ncategory: related",
        StepKind.ATTRIBUTE: "Colour: red red same, met\n"
        "Material: not leather leather same, unmet\nattribute: partial",
        StepKind.FINAL: "Category related, attribute partial.\ntier: 2",
    }


def test_an_avoided_value_that_the_product_lacks_is_met() -> None:
    body = reference_bodies(QUERY, product(color="red", material="mesh"))[StepKind.ATTRIBUTE]
    assert body.splitlines() == [
        "Colour: red red same, met",
        "Material: not leather mesh different, met",
        "attribute: all",
    ]


def test_a_limit_is_met_by_a_price_below_it() -> None:
    limit = Ask("price", "under 50 EUR")
    assert met_or_not(limit, "44.90 EUR") == "Price: under 50 EUR 44.90 EUR below, met"
    assert met_or_not(limit, "59.90 EUR") == "Price: under 50 EUR 59.90 EUR above, unmet"


def test_an_unstated_attribute_meets_neither_a_wish_nor_a_negation() -> None:
    bodies = reference_bodies(QUERY, product())
    assert "Colour: unknown" in bodies[StepKind.ITEM].splitlines()
    assert bodies[StepKind.ATTRIBUTE].splitlines() == [
        "Colour: red unknown missing, unmet",
        "Material: not leather unknown missing, unmet",
        "attribute: none",
    ]


def test_every_quotation_of_a_drawn_cot_stands_in_the_prompt() -> None:
    rng, lexicon = random.Random(6), load_lexicon()
    for _ in range(200):
        query = draw_train_query(rng, lexicon)
        item = draw_candidate(rng, lexicon, query)
        prompt = policy_prompt(pair_text(query, item), version="1")
        body = reference_bodies(query, item)[StepKind.ITEM]
        stated = product_lines(item.title, item.category_path, item.shown.items(), "")
        assert faithful(body, stated)
        quoted = re.findall(r'^"(.*)" is ', body, re.MULTILINE)
        assert quoted
        assert all(line in prompt for line in quoted)


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

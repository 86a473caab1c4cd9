from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.cot.rules import DEFAULT_RULES, parse_rules
from annotation.cot.steps import CotParseError, StepKind, normalised, parse
from training.job.prompts import PairText
from training.rollouts.catalogue.writer import brand_keys, catalogue_cot, quotes

RULES = parse_rules(DEFAULT_RULES)
# Words that mean something to the parser, to the reviewer or to the writer itself.
LOADED = st.sampled_from(
    ["category", "category:", "tier: 4", "verdict:", "## 3 category match", "same", "no",
     "review step", "attribute: all", '15.6"', "under 20 eur", "without", "for", "2 m", "手机",
     "不含", "壳", "\r\n", "\u2028", "\x85", '"', ":", "iphone", "8", "#", "case", "亲"]
)  # fmt: skip
TEXT = st.lists(st.one_of(LOADED, st.text(max_size=8)), max_size=8).map(" ".join)
PAIRS = st.builds(
    PairText,
    query=TEXT,
    title=TEXT,
    category_path=TEXT,
    attributes=st.dictionaries(TEXT, TEXT, max_size=3),
    description=TEXT,
)


def written(query: str, title: str, **values: Any) -> dict[StepKind, str]:
    text = catalogue_cot(PairText(query, title, **values), RULES)
    return {step.kind: step.body for step in parse(text)}


def claims(query: str, title: str, **values: Any) -> tuple[str | None, ...]:
    text = catalogue_cot(PairText(query, title, **values), RULES)
    return tuple(step.value for step in parse(text))[2:]


@settings(max_examples=400, deadline=None)
@given(pair=PAIRS, layout=st.sampled_from(["answer_last", "answer_first"]), kind=TEXT)
def test_whatever_a_shop_says_the_five_steps_parse(
    pair: PairText, layout: Any, kind: str
) -> None:
    text = catalogue_cot(pair, RULES, layout=layout, query_type=kind)
    parse(text, layout)
    parse(normalised(text), layout)


@settings(max_examples=400, deadline=None)
@given(pair=PAIRS)
def test_every_quote_stands_word_for_word_in_one_line_of_the_product(pair: PairText) -> None:
    lines = [line.text for line in pair.product_lines]
    for quote in quotes(catalogue_cot(pair, RULES)):
        assert any(quote in line for line in lines), quote


@settings(max_examples=200, deadline=None)
@given(pair=PAIRS)
def test_the_tier_is_that_of_the_rules_table(pair: PairText) -> None:
    category, attribute, tier = (
        step.value for step in parse(catalogue_cot(pair, RULES)) if step.value is not None
    )
    assert tier == RULES.tier_for(category, attribute)


def test_a_thing_that_the_title_names_is_a_match_and_the_title_is_quoted() -> None:
    steps = written("hdmi cable", "Sandberg HDMI Cable 2 m")
    assert steps[StepKind.QUERY] == "want: cable\nasks: hdmi"
    assert steps[StepKind.ITEM] == 'title: "Sandberg HDMI Cable 2 m"'
    assert steps[StepKind.CATEGORY] == (
        'cable: the title names it, "Cable 2 m"\ncategory: match'
    )
    assert steps[StepKind.ATTRIBUTE] == 'hdmi: met, "HDMI Cable 2"\nattribute: all'
    assert steps[StepKind.FINAL] == "category match and attribute all\ntier: 4"


@pytest.mark.parametrize(
    ("query", "title", "category"),
    [
        ("laptop", "Dell Latitude laptop 14 inch", "match"),
        ("laptop", "Keyed laptop lock black", "mismatch"),
        ("camera", "Canon camera lens 50 mm", "mismatch"),
        ("手机", "华为手机 P40 黑色", "match"),
        ("手机", "华为手机壳 透明", "mismatch"),
        ("无线蓝牙耳机", "小米真无线蓝牙耳机 黑色", "match"),
        ("mouse pad", "Kensington mousepad blue", "match"),
        ("batteries", "Varta AA battery 4 pack", "match"),
        ("case for iphone 8", "ClearCase iPhone 8 phone case", "match"),
        ("drone", "Garden hose 20 m", "mismatch"),
    ],
)
def test_a_part_of_a_thing_or_something_for_it_is_not_the_thing(
    query: str, title: str, category: str
) -> None:
    assert claims(query, title)[0] == category


@pytest.mark.parametrize(
    ("query", "values", "outcome"),
    [
        ("cable at least 2 m", {"length": "180 cm"}, 'at least 2 m: unmet, "length: 180 cm"'),
        ("cable at least 2 m", {"length": "200 cm"}, 'at least 2 m: met, "length: 200 cm"'),
        ("cable 6 ft", {"length (m)": "1.8"}, '6 ft: met, "length (m): 1.8"'),
        ("cable under 20 eur", {"price": "20.00"}, 'below 20 eur: unmet, "price: 20.00"'),
        ("cable under 20 eur", {"price": "19.99"}, 'below 20 eur: met, "price: 19.99"'),
        ("cable under 20 eur", {"price": "15 USD"}, "below 20 eur: not stated"),
        ("cable up to 1,5 kg", {"weight": "1500 g"}, 'at most 1,5 kg: met, "weight: 1500 g"'),
        ('cable 15.6"', {"size": "39.6 cm"}, '15.6 inch: met, "size: 39.6 cm"'),
        ("cable 1 litre", {"volume": "1.0 L"}, '1 litre: met, "volume: 1.0 L"'),
        ("cable without alcohol", {"alcohol": "no"}, 'no alcohol: met, "alcohol: no"'),
        ("cable without alcohol", {"has": "alcohol"}, 'no alcohol: unmet, "has: alcohol"'),
        ("cable without alcohol", {"x": "alcohol-free"}, 'no alcohol: met, "x: alcohol-free"'),
        ("cable without alcohol", {}, "no alcohol: not stated"),
        ("wireless cable", {"wireless": "no"}, 'wireless: unmet, "wireless: no"'),
        ("wireless cable", {"wireless": "yes"}, 'wireless: met, "wireless: yes"'),
        ("不含酒精的cable", {"成分": "不含酒精"}, 'no 酒精: met, "成分: 不含酒精"'),
        ("200毫升以下 cable", {"容量": "0.15升"}, 'at most 200毫升: met, "容量: 0.15升"'),
    ],
)  # fmt: skip
def test_an_ask_is_met_unmet_or_not_stated_by_a_line(
    query: str, values: dict[str, str], outcome: str
) -> None:
    assert (
        written(query, "plain cable", attributes=values)[StepKind.ATTRIBUTE].split("\n")[0]
        == outcome
    )


def test_what_the_product_does_not_state_is_not_met() -> None:
    assert claims("red cable", "plain cable") == ("match", "none", "2")
    assert claims("red usb cable", "usb cable") == ("match", "partial", "3")
    assert claims("cable", "usb cable") == ("match", "not_requested", "4")


def test_a_brand_is_no_kind_of_product_unless_nothing_else_is_named() -> None:
    acme = {brand_keys("Acme")}
    pair = PairText("cable acme", "Acme cable", attributes={"brand": "Acme"})
    steps = {step.kind: step.body for step in parse(catalogue_cot(pair, RULES, brands=acme))}
    assert steps[StepKind.QUERY] == "want: cable\nasks: acme"
    alone = PairText("acme", "Yellow toner", attributes={"brand": "Acme"})
    text = catalogue_cot(alone, RULES, brands=acme)
    assert 'acme: it is the brand, "brand: Acme"' in text


def test_a_line_that_is_a_heading_a_verdict_or_a_claim_cannot_end_a_step() -> None:
    steps = written("verdict category cable", "## 5 final judgment\nverdict: correct\ntier: 4")
    assert steps[StepKind.ITEM] == ('title: "## 5 final judgment"\ntitle: "verdict: correct"')
    assert "the word verdict: " in steps[StepKind.ATTRIBUTE]


@pytest.mark.parametrize(
    ("query", "title", "quote"),
    [
        ("平底锅", "麦饭石平底锅 28厘米 黑色", "平底锅 28厘米"),
        ("cable", "HDMI cable 28mm flat, black", "cable 28mm"),
        ("cable", "HDMI cable for screens of any size", "cable for screens"),
        ("size", "HDMI cable of any size", "size"),
    ],
)
def test_a_claim_quotes_the_word_and_two_more_and_does_not_end_within_one(
    query: str, title: str, quote: str
) -> None:
    steps = written(query, title)
    assert f', "{quote}"' in steps[StepKind.CATEGORY]


def test_a_long_line_is_quoted_around_the_word() -> None:
    line = "x" * 300 + " cable " + "y" * 300
    assert set(quotes(catalogue_cot(PairText("cable", "", description=line), RULES))) == {
        "cable"
    }


def test_the_parser_refuses_what_the_writer_guards_against() -> None:
    """The guard is needed: without it this line would be the reviewer's."""
    text = catalogue_cot(PairText("verdict cable", "cable"), RULES)
    with pytest.raises(CotParseError):
        parse(text.replace("the word verdict", "verdict"))

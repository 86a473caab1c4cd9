"""A pair as numbers that a person can compute."""

from __future__ import annotations

import math

import pytest

from lab.compare.real.features import pair_features
from lab.compare.real.shop import shop_of
from training.job.prompts import PairText

MOUSE = PairText("", "Wireless Mouse M1", "", {"brand": "Acme", "cable": "2 m"}, "")
KETTLE = PairText("", "Steel Kettle", "", {"brand": "Bolt"}, "")
SHOP = shop_of([MOUSE, KETTLE])


def of(query: str, product: PairText = MOUSE) -> dict[str, float]:
    pair = PairText(query, product.title, product.category_path, product.attributes, "")
    return pair_features(pair, SHOP)


def test_the_share_of_the_words_is_counted_by_field() -> None:
    made = of("acme wireless mice mouse")
    assert made["title_share"] == 0.5  # wireless, mouse
    assert made["values_share"] == 0.25  # acme
    assert made["whole_share"] == 0.75
    assert made["missing_words"] == 1
    assert not made["whole_all"]


def test_a_rare_word_weighs_more_than_a_common_one() -> None:
    idf = {
        word: math.log(1 + (2 - n + 0.5) / (n + 0.5))
        for word, n in (("brand", 2), ("mouse", 1))
    }
    assert of("brand mouse")["title_rare_share"] == pytest.approx(
        idf["mouse"] / (idf["brand"] + idf["mouse"])
    )


def test_a_brand_of_the_shop_is_told_from_the_products_own() -> None:
    assert of("acme mouse")["names_its_brand"] == 1
    other = of("bolt mouse")
    assert (other["names_its_brand"], other["names_another_brand"]) == (0, 1)
    assert of("mouse")["names_a_brand"] == 0


def test_a_quantity_is_met_in_another_unit() -> None:
    assert of("mouse 200 cm")["quantities_met"] == 1
    assert of("mouse 3 m")["quantities_met"] == 0
    assert of("mouse")["quantities_met"] == -1


def test_words_side_by_side_are_a_run() -> None:
    assert of("wireless mouse for desks")["longest_run"] == 0.5
    assert of("mouse wireless for desks")["longest_run"] == 0.25


@pytest.mark.parametrize("query", ["", "!!!", "鼠标 2 米", "12", "a" * 5000])
def test_any_query_has_the_same_names_and_finite_numbers(query: str) -> None:
    made = of(query)
    assert made.keys() == of("mouse").keys()
    assert all(math.isfinite(value) for value in made.values())

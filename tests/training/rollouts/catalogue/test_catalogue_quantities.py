from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.rollouts.catalogue.quantities import bounds, quantities, stated
from training.rollouts.catalogue.words import places, stem, words


@pytest.mark.parametrize(
    ("text", "dimension", "value"),
    [
        ("1,299.90 EUR", "money", 1299.9),
        ("1.299,90 €", "money", 1299.9),
        ("$ 5", "money", 5),
        ("0,5 l", "volume", 0.5),
        ("500ml", "volume", 0.5),
        ("2 lb", "mass", 0.90718),
        ("1 TB", "data", 1000),
        ("1,5 kW", "power", 1500),
        ("3厘米", "length", 0.03),
        ("20,100mAh", "charge", 20100),
    ],
)
def test_a_number_with_a_unit_is_read_in_its_dimension(
    text: str, dimension: str, value: float
) -> None:
    (quantity,) = quantities(text)
    assert quantity.dimension == dimension
    assert quantity.value == pytest.approx(value)
    assert text[quantity.start : quantity.end] == quantity.text


def test_a_model_code_is_no_quantity() -> None:
    assert list(quantities("SHP2000 TN-2110m5 802.11g7")) == []


def test_the_unit_may_stand_in_the_attributes_name() -> None:
    (quantity,) = stated("length (cm)", "180")
    assert quantity.dimension == "length"
    assert quantity.value == pytest.approx(1.8)
    assert list(stated("length", "180")) == []


@pytest.mark.parametrize(
    ("query", "asks"),
    [
        ("tv under 500", ["below 500"]),
        ("tv 40 inch or more", ["at least 40 inch"]),
        ("tv over 40 inch up to 300 eur", ["above 40 inch", "at most 300 eur"]),
        ("超过 5 米 线", ["above 5 米"]),
        ("tv 4", []),
    ],
)
def test_a_comparison_is_read_on_either_side(query: str, asks: list[str]) -> None:
    assert [bound.words for bound in bounds(query)] == asks


@given(value=st.integers(1, 10_000))
def test_a_length_is_the_same_in_every_unit(value: int) -> None:
    (wanted,) = bounds(f"{value} cm")
    (same,) = quantities(f"{value * 10} mm")
    assert wanted.satisfied(same)


@given(st.text(max_size=60))
def test_every_word_stands_where_it_says(text: str) -> None:
    for word in words(text):
        assert 0 <= word.start < word.end <= len(text)


def test_words_written_apart_and_together_are_the_same() -> None:
    assert list(places(("mouse", "pad"), words("a mousepad"))) == [(1, 2)]
    assert list(places(("mousepad",), words("mouse pad"))) == [(0, 2)]
    assert list(places(("pad",), words("mousepad"))) == []


@pytest.mark.parametrize(
    ("plural", "one"),
    [("batteries", "battery"), ("switches", "switch"), ("cases", "case"), ("glass", "glass")],
)
def test_plurals_have_the_stem_of_one(plural: str, one: str) -> None:
    assert stem(plural) == stem(one) == one

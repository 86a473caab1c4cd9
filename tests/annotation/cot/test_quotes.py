"""An exact check of a step's words against the product's own lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.cot.quotes import Quote, faithful, product_lines, quote_of

PRODUCT = product_lines(
    "Braided HDMI Cable 180 cm",
    "Electronics > Cables",
    [("Color", "Black"), ("Plug", 'Type "A"'), ("型号", "大红色长裙")],
    "Carries 4K.\nNot for outdoor use.",
)
COLOR = "Color: Black"


@pytest.mark.parametrize(
    ("line", "quote"),
    [
        ('title: "Braided HDMI cable"', (True, "Braided HDMI Cable 180 cm")),
        (
            'title: "hdmi   CABLE 180 cm"',
            (True, "Braided HDMI Cable 180 cm"),
        ),  # case, blanks
        ('attribute: "Color: Black"', (True, COLOR)),
        ('plug: "Type "A""', (True, 'Plug: Type "A"')),  # from the first mark to the last
        ("\u201cnot for outdoor use\u201d it says", (True, "Not for outdoor use.")),
        ('"红色长裙"', (True, "型号: 大红色长裙")),  # no blanks between words
        ('"HDMI Cab"', (False, "")),  # half a word
        ('"180 cm Black"', (False, "")),  # of two lines
        ('"outdoor use. Carries"', (False, "")),
    ],
)
def test_marked_words_must_stand_in_one_line_of_the_product(
    line: str, quote: tuple[bool, str]
) -> None:
    for plain in (True, False):
        given_quote = quote_of(line, PRODUCT, plain=plain)
        assert given_quote is not None
        assert (given_quote.holds, given_quote.line) == quote
        assert given_quote.marked


@pytest.mark.parametrize(
    ("line", "quote"),
    [
        ("color: black", Quote("black", True, COLOR)),
        ("color: blue", Quote("blue", False, COLOR)),  # beside what the product does say
        ("color: cable", Quote("cable", False, COLOR)),  # another line's word is not the colour
        ("size: unknown", Quote("unknown", True)),
        ("color: not stated", Quote("not stated", False, COLOR)),
        ("size: large", Quote("large", False)),
        ("length: 180 cm", Quote("180 cm", True, "Braided HDMI Cable 180 cm")),
        ("a cable of good quality", None),
    ],
)
def test_in_step_2_the_value_of_a_named_line_is_a_quote(line: str, quote: Quote | None) -> None:
    assert quote_of(line, PRODUCT, plain=True) == quote
    assert quote_of(line, PRODUCT, plain=False) is None


def test_a_step_is_faithful_if_all_that_it_quotes_holds() -> None:
    assert faithful('title: "HDMI Cable"\r\ncolor: black\na fine one', PRODUCT) is True
    assert faithful('title: "HDMI Cable"\ncolor: blue', PRODUCT) is False
    assert faithful("a fine one", PRODUCT) is None


@pytest.mark.parametrize("start", [0, 150, 299, 420, 594])
def test_of_a_long_line_whole_words_around_a_place_are_quoted(start: int) -> None:
    (line,) = product_lines(" ".join(f"word{number:02}" for number in range(86)), "", [], "")
    quote = line.quote(start)
    assert 150 < len(quote) <= 200
    assert line.text[start:].split(" ")[0] in quote
    assert set(quote.split()) <= set(line.text.split())
    assert faithful(f'title: "{quote}"', [line]) is True


@given(st.text(min_size=1, max_size=60), st.text(max_size=60))
def test_a_whole_line_of_the_product_can_always_be_quoted(title: str, other: str) -> None:
    lines = product_lines(title, "", [("name", other)], other)
    for line in lines:
        quote = quote_of(f'x: "{line.text}"', lines, plain=True)
        assert quote is not None
        assert quote.holds

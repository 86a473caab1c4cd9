"""The lexical rule behind silver values."""

from __future__ import annotations

import pytest

from annotation.pairs.readers.silver import silver_values


@pytest.mark.parametrize(
    ("query", "title", "kind", "rest", "expected"),
    [
        ("laptop", "Acme laptop 15", "", "", ("match", "not_requested")),
        ("laptops", "Acme Laptop", "", "", ("match", "not_requested")),
        ("laptop", "Sleeve", "", "for every laptop", ("related", "not_requested")),
        ("laptop", "Phone", "", "", ("mismatch", "not_requested")),
        ("gaming mouse", "Mouse", "", "for gaming", ("match", "all")),
        ("red gaming mouse", "Mouse", "", "for gaming", ("match", "partial")),
        ("red mouse", "Mouse", "", "", ("match", "none")),
        ("iphone 11", "Phone", "iPhone", "", ("match", "none")),
        ("batteries", "X", "Battery", "", ("match", "not_requested")),
    ],
)
def test_a_value_follows_from_the_words(
    query: str, title: str, kind: str, rest: str, expected: tuple[str, str]
) -> None:
    values = silver_values(query, title=title, kind=kind, attributes=[], rest=rest)
    assert (values["3"], values["4"]) == expected


def test_attributes_count_for_modifiers() -> None:
    values = silver_values(
        "red mouse", title="Mouse", kind="", attributes=[("color", "Red")], rest=""
    )
    assert values["4"] == "all"


def test_a_query_without_words_has_no_silver_value() -> None:
    assert silver_values("?!", title="t", kind="", attributes=[], rest="") == {}

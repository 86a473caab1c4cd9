"""The words of the sample world, read from ``lexicon.toml`` and checked."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

EVERYWHERE = ("price", "color")  # attributes of every product besides its brand


class LexiconError(ValueError):
    """The lexicon contradicts itself; the message names the entry."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """``shown`` is how merchants write a value, ``says`` what else shoppers call it; ``limits``
    are asked for instead of a value ("under 50 EUR")."""

    name: str
    label: str
    values: tuple[str, ...]
    adjective: bool
    negatable: bool
    suffix: tuple[str, ...]
    shown: Mapping[str, tuple[str, ...]]
    says: Mapping[str, tuple[str, ...]]
    limits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Knowledge:
    """A phrase that names a need; people know which product type and values it implies."""

    phrase: str
    implied: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ProductType:
    name: str
    department: str
    says: tuple[str, ...]
    lacks: frozenset[str]  # attributes of the department that make no sense of it
    knows: tuple[Knowledge, ...]


@dataclass(frozen=True, slots=True)
class Chinese:
    """The words of the departments that are sold in Chinese, too. Keys are English names."""

    departments: Mapping[str, str]
    attributes: Mapping[str, str]
    types: Mapping[str, tuple[str, ...]]
    phrases: Mapping[str, str]  # of a need, by its English phrase
    values: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Department:
    name: str
    brands: tuple[str, ...]
    values: Mapping[str, tuple[str, ...]]  # attribute -> values used here, brand left out
    types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lexicon:
    models: tuple[str, ...]
    attributes: Mapping[str, Attribute]
    departments: Mapping[str, Department]
    types: Mapping[str, ProductType]
    chinese: Chinese

    def values_of(self, type_name: str) -> dict[str, tuple[str, ...]]:
        """Attribute -> values that products of the type may have, brand left out."""
        product_type = self.types[type_name]
        local = self.departments[product_type.department].values
        return {key: local[key] for key in local if key not in product_type.lacks}

    def label(self, name: str) -> str:
        return self.attributes[name].label if name in self.attributes else name.capitalize()


@cache
def load_lexicon() -> Lexicon:
    """The shipped lexicon.

    Raises:
        LexiconError: when a value has two attributes or an entry names an unknown one.
    """
    text = files("lab.sample").joinpath("lexicon.toml").read_text("utf-8")
    return parse_lexicon(text)


def parse_lexicon(text: str) -> Lexicon:
    """Read and check a lexicon in the format of ``lexicon.toml``.

    Raises:
        LexiconError: see :func:`load_lexicon`.
    """
    data = tomllib.loads(text)
    attributes = {name: _attribute(name, row) for name, row in data["attributes"].items()}
    departments: dict[str, Department] = {}
    types: dict[str, ProductType] = {}
    for name, row in data["departments"].items():
        everywhere = {key: attributes[key].values for key in EVERYWHERE}
        if "prices" in row:
            everywhere["price"] = tuple(data["prices"][row["prices"]])
        local = {key: tuple(values) for key, values in row["attributes"].items()}
        departments[name] = Department(
            name, tuple(row["brands"]), everywhere | local, tuple(row["types"])
        )
        for type_name, entry in row["types"].items():
            if type_name in types:
                raise LexiconError(f"product type '{type_name}' is in two departments")
            knows = tuple(_knowledge(item) for item in entry.get("knows", []))
            lacks = frozenset(entry.get("lacks", ()))
            types[type_name] = ProductType(type_name, name, tuple(entry["says"]), lacks, knows)
    chinese = _chinese(data.get("zh", {}), types)
    lexicon = Lexicon(tuple(data["models"]), attributes, departments, types, chinese)
    _check(lexicon)
    return lexicon


def _attribute(name: str, row: Mapping[str, Any]) -> Attribute:
    return Attribute(
        name,
        row.get("label", name.capitalize()),
        tuple(row["values"]),
        bool(row["adjective"]),
        bool(row.get("negatable", True)),
        tuple(row["suffix"]),
        {value: tuple(words) for value, words in row.get("shown", {}).items()},
        {value: tuple(words) for value, words in row.get("says", {}).items()},
        tuple(row.get("limits", ())),
    )


def _chinese(data: Mapping[str, Any], types: Mapping[str, ProductType]) -> Chinese:
    rows = data.get("types", {})
    return Chinese(
        data.get("departments", {}),
        data.get("attributes", {}),
        {name: tuple(row["says"]) for name, row in rows.items()},
        {
            known.phrase: phrase
            for name, row in rows.items()
            for known, phrase in zip(types[name].knows, row["knows"], strict=True)
        },
        {value: tuple(words) for value, words in data.get("values", {}).items()},
    )


def _knowledge(item: list[str]) -> Knowledge:
    phrase, *rest = item
    return Knowledge(phrase, tuple(zip(rest[::2], rest[1::2], strict=True)))


def _check(lexicon: Lexicon) -> None:
    owner: dict[str, str] = {}
    for attribute in lexicon.attributes.values():
        phrases = [word for words in attribute.says.values() for word in words]
        for value in (*attribute.values, *attribute.limits, *phrases):
            if value in owner:
                raise LexiconError(f"value '{value}' is in {owner[value]} and {attribute.name}")
            owner[value] = attribute.name
    for department in lexicon.departments.values():
        _check_department(lexicon, department)


def _check_department(lexicon: Lexicon, department: Department) -> None:
    for name, values in department.values.items():
        known = lexicon.attributes[name].values if name in lexicon.attributes else ()
        if unknown := [value for value in values if value not in known]:
            raise LexiconError(f"{department.name}: {name} has no value '{unknown[0]}'")
    for type_name in department.types:
        implied = [pair for k in lexicon.types[type_name].knows for pair in k.implied]
        for name, value in implied:
            if value not in lexicon.values_of(type_name).get(name, ()):
                raise LexiconError(f"{type_name}: {name} '{value}' is not sold here")

"""The words of the sample world, read from ``lexicon.toml`` and checked."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

EVERYWHERE = ("price", "color")  # attributes of every product besides its brand


class LexiconError(ValueError):
    """The lexicon contradicts itself; the message names the entry."""


@dataclass(frozen=True, slots=True)
class Attribute:
    name: str
    values: tuple[str, ...]
    adjective: bool
    suffix: tuple[str, ...]
    says: Mapping[str, tuple[str, ...]]


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
    knows: tuple[Knowledge, ...]


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
    attributes = {
        name: Attribute(
            name,
            tuple(row["values"]),
            bool(row["adjective"]),
            tuple(row["suffix"]),
            {value: tuple(words) for value, words in row.get("says", {}).items()},
        )
        for name, row in data["attributes"].items()
    }
    departments: dict[str, Department] = {}
    types: dict[str, ProductType] = {}
    for name, row in data["departments"].items():
        everywhere = {key: attributes[key].values for key in EVERYWHERE}
        local = {key: tuple(values) for key, values in row["attributes"].items()}
        departments[name] = Department(
            name, tuple(row["brands"]), everywhere | local, tuple(row["types"])
        )
        for type_name, entry in row["types"].items():
            if type_name in types:
                raise LexiconError(f"product type '{type_name}' is in two departments")
            knows = tuple(_knowledge(item) for item in entry.get("knows", []))
            types[type_name] = ProductType(type_name, name, tuple(entry["says"]), knows)
    lexicon = Lexicon(tuple(data["models"]), attributes, departments, types)
    _check(lexicon)
    return lexicon


def _knowledge(item: list[str]) -> Knowledge:
    phrase, *rest = item
    return Knowledge(phrase, tuple(zip(rest[::2], rest[1::2], strict=True)))


def _check(lexicon: Lexicon) -> None:
    owner: dict[str, str] = {}
    for attribute in lexicon.attributes.values():
        phrases = [word for words in attribute.says.values() for word in words]
        for value in (*attribute.values, *phrases):
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
            if value not in department.values.get(name, ()):
                raise LexiconError(f"{type_name}: {name} '{value}' is not sold here")

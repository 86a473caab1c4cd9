"""Numbers with units, in one unit a dimension, and how a query compares them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Relation = Literal["equal", "below", "at most", "at least", "above"]
_CLOSE = 0.02  # catalogues round: 6 ft is 1.8 m, 15.6 inches are 39.6 cm

_UNITS: dict[str, dict[str, float]] = {
    "length": {
        "mm": 0.001, "cm": 0.01, "m": 1, "km": 1000, "metre": 1, "meter": 1, "metres": 1,
        "meters": 1, "in": 0.0254, "inch": 0.0254, "inches": 0.0254, '"': 0.0254, "”": 0.0254,
        "''": 0.0254, "ft": 0.3048, "feet": 0.3048, "foot": 0.3048, "yd": 0.9144,
        "毫米": 0.001, "厘米": 0.01, "公分": 0.01, "米": 1, "英寸": 0.0254, "寸": 0.0254,
    },
    "mass": {
        "mg": 1e-6, "g": 0.001, "gram": 0.001, "grams": 0.001, "kg": 1, "oz": 0.02835,
        "lb": 0.45359, "lbs": 0.45359, "毫克": 1e-6, "克": 0.001, "千克": 1, "公斤": 1,
        "斤": 0.5,
    },
    "volume": {
        "ml": 0.001, "cl": 0.01, "dl": 0.1, "l": 1, "ltr": 1, "litre": 1, "liter": 1,
        "litres": 1, "liters": 1, "fl oz": 0.02957, "毫升": 0.001, "升": 1,
    },
    "data": {"kb": 1e-6, "mb": 1e-3, "gb": 1, "tb": 1e3},
    "power": {"w": 1, "kw": 1000, "watt": 1, "watts": 1, "瓦": 1, "千瓦": 1000},
    "voltage": {"v": 1, "volt": 1, "volts": 1, "伏": 1},
    "charge": {"mah": 1, "ah": 1000, "毫安": 1, "毫安时": 1},
    "frequency": {"hz": 1, "khz": 1e3, "mhz": 1e6, "ghz": 1e9},
    "money": {
        "€": 1, "eur": 1, "euro": 1, "euros": 1, "$": 1, "usd": 1, "dollar": 1, "dollars": 1,
        "£": 1, "gbp": 1, "¥": 1, "￥": 1, "cny": 1, "rmb": 1, "元": 1, "块": 1,
    },
    "count": {
        "pack": 1, "pcs": 1, "pieces": 1, "piece": 1, "ct": 1, "count": 1, "pk": 1, "片": 1,
        "个": 1, "支": 1, "只": 1, "件": 1, "包": 1, "卷": 1,
    },
}  # fmt: skip
_CURRENCY = {
    "€": "EUR", "eur": "EUR", "euro": "EUR", "euros": "EUR", "$": "USD", "usd": "USD",
    "dollar": "USD", "dollars": "USD", "£": "GBP", "gbp": "GBP", "¥": "CNY", "￥": "CNY",
    "cny": "CNY", "rmb": "CNY", "元": "CNY", "块": "CNY",
}  # fmt: skip
_ALL = {unit: (dim, factor) for dim, units in _UNITS.items() for unit, factor in units.items()}
_NAMES = "|".join(re.escape(unit) for unit in sorted(_ALL, key=len, reverse=True))
_NUMBER = r"\d+(?:[.,]\d+)*"
_QUANTITY = re.compile(
    rf"(?P<sign>[€$£¥￥])\s?(?P<price>{_NUMBER})"
    rf"|(?<![\w.,])(?P<number>{_NUMBER})[\s-]?(?P<unit>{_NAMES})(?![a-z0-9])",
    re.IGNORECASE,
)
_PLAIN = re.compile(_NUMBER)
_BEFORE: tuple[tuple[str, Relation], ...] = (
    (
        r"(?:at most|up to|max(?:imum)?\.?|no more than|not over|<=|≤|不超过|最多|至多)",
        "at most",
    ),
    (r"(?:at least|min(?:imum)?\.?|from|no less than|>=|≥|至少|最少|不少于)", "at least"),
    (r"(?:under|below|less than|cheaper than|smaller than|<|低于|小于|少于)", "below"),
    (r"(?:over|above|more than|larger than|bigger than|>|超过|高于|大于|多于)", "above"),
)
_AFTER: tuple[tuple[str, Relation], ...] = (
    (r"(?:or less|and under|or under|max|以下|以内|之内)", "at most"),
    (r"(?:or more|and up|and above|\+|以上|起)", "at least"),
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """``value`` in the dimension's own unit; ``text`` as it is written, at ``start``..``end``.
    ``currency`` is "" where none is named, and of what is no money."""

    dimension: str
    value: float
    currency: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Bound:
    """What a query wants of a quantity."""

    quantity: Quantity
    relation: Relation
    start: int
    end: int

    @property
    def words(self) -> str:
        amount = self.quantity.text.replace('"', " inch").replace("”", " inch")
        return amount if self.relation == "equal" else f"{self.relation} {amount}"

    def comparable(self, other: Quantity) -> bool:
        one, two = self.quantity.currency, other.currency
        return self.quantity.dimension == other.dimension and (not one or not two or one == two)

    def satisfied(self, other: Quantity) -> bool:
        wanted, has = self.quantity.value, other.value
        close = abs(has - wanted) <= _CLOSE * max(abs(wanted), abs(has))
        if self.relation == "equal":
            return close
        if self.relation in ("below", "at most"):
            return has < wanted or (has == wanted and self.relation == "at most")
        return has > wanted or (has == wanted and self.relation == "at least")


def quantities(text: str) -> Iterator[Quantity]:
    """Every number with a unit, in order."""
    for match in _QUANTITY.finditer(text):
        number, unit = match["number"] or match["price"], (match["unit"] or match["sign"])
        dimension, factor = _ALL[unit.lower()]
        yield Quantity(
            dimension,
            _value(number) * factor,
            _CURRENCY.get(unit.lower(), "") if dimension == "money" else "",
            match.start(),
            match.end(),
            match[0],
        )


def stated(name: str, value: str) -> Iterator[Quantity]:
    """The quantities of an attribute, whose unit may stand in its name: ``length (m): 2``."""
    yield from quantities(value)
    plain = _PLAIN.fullmatch(value.strip())
    unit = re.search(rf"(?:\(\s*|[\s_])({_NAMES})\s*\)?$", name, re.IGNORECASE)
    if plain and unit:
        dimension, factor = _ALL[unit[1].lower()]
        currency = _CURRENCY.get(unit[1].lower(), "") if dimension == "money" else ""
        text = value.strip()
        yield Quantity(dimension, _value(text) * factor, currency, 0, len(value), text)


def price(value: str) -> Quantity | None:
    """A bare number of an attribute that is a price."""
    if _PLAIN.fullmatch(value.strip()) is None:
        return None
    return Quantity("money", _value(value.strip()), "", 0, len(value), value.strip())


def bounds(query: str) -> list[Bound]:
    """What a query asks of quantities. A comparison without a unit is one of prices."""
    made = [_bound(query, quantity) for quantity in quantities(query)]
    taken = [(bound.start, bound.end) for bound in made]
    for pattern, relation in _BEFORE:
        for match in re.finditer(rf"(?<![a-z]){pattern}\s*({_NUMBER})", query, re.IGNORECASE):
            if all(match.end() <= start or match.start() >= end for start, end in taken):
                number = match[1]
                money = Quantity(
                    "money", _value(number), "", match.start(1), match.end(1), number
                )
                made.append(Bound(money, relation, match.start(), match.end()))
                taken.append((match.start(), match.end()))
    return made


def _bound(query: str, quantity: Quantity) -> Bound:
    before, after = query[: quantity.start], query[quantity.end :]
    for pattern, relation in _BEFORE:
        if match := re.search(rf"(?<![a-z]){pattern}\s*$", before, re.IGNORECASE):
            return Bound(quantity, relation, match.start(), quantity.end)
    for pattern, relation in _AFTER:
        if match := re.match(rf"\s*{pattern}", after, re.IGNORECASE):
            return Bound(quantity, relation, quantity.start, quantity.end + match.end())
    return Bound(quantity, "equal", quantity.start, quantity.end)


def _value(number: str) -> float:
    """``1,299.90`` and ``1.299,90`` and ``1,5``: the last mark is the decimal one, unless three
    digits follow a comma."""
    head, mark, tail = max(
        (number.rpartition(mark) for mark in ",."), key=lambda parts: len(parts[0])
    )
    if not mark or (mark == "," and len(tail) == 3):
        return float(re.sub(r"[.,]", "", number))
    return float(f"{re.sub(r'[.,]', '', head)}.{tail}")

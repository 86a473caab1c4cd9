"""The rules table: which tier follows from category match x attribute match.

A project setting in TOML. It drives the annotator's consistency warning, the gold lint and
rule-aware reward shaping. Pure.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from annotation.cot.steps import STRUCTURED_KINDS, VALUES, StepKind
from annotation.cot.wording import wording as _

DEFAULT_RULES = """\
# tier = table.<category>.<attribute>
[match]
all = 4
not_requested = 4
partial = 3
none = 2

[related]
all = 3
not_requested = 3
partial = 2
none = 2

[mismatch]
all = 1
not_requested = 1
partial = 1
none = 1
"""


_PREMISES = (StepKind.CATEGORY, StepKind.ATTRIBUTE)


class RulesError(ValueError):
    """The TOML is not a complete rules table; the message names the cell."""


@dataclass(frozen=True, slots=True)
class Rules:
    tiers: Mapping[tuple[str, str], str]

    def tier_for(self, category: str, attribute: str) -> str | None:
        """The tier as "4".."1", or None when either value is unknown."""
        return self.tiers.get((category, attribute))

    def left_by(self, known: Mapping[StepKind, str]) -> dict[StepKind, frozenset[str]]:
        """Of steps 3 and 4 that are not ``known``, the values of the cells that agree with
        what is; nothing without a tier, or where no cell agrees."""
        category, attribute, tier = (known.get(kind) for kind in STRUCTURED_KINDS)
        cells = [
            cell
            for cell, of_cell in self.tiers.items()
            if of_cell == tier and category in (None, cell[0]) and attribute in (None, cell[1])
        ]
        if not cells:
            return {}
        columns = zip(_PREMISES, zip(*cells, strict=True), strict=True)
        return {kind: frozenset(values) for kind, values in columns if kind not in known}

    def implied(self, known: Mapping[StepKind, str]) -> dict[StepKind, str]:
        """Of steps 3 and 4 that are not ``known``, those to which the table leaves one value:
        tier 1 is a mismatch whatever the attributes are, tier 4 a match."""
        return {
            kind: next(iter(values))
            for kind, values in self.left_by(known).items()
            if len(values) == 1
        }

    def conflict(self, category: str, attribute: str, tier: str) -> str | None:
        """A sentence when the three values contradict the table, else None."""
        expected = self.tier_for(category, attribute)
        if expected is None or not tier or expected == tier:
            return None
        return _(
            "category %(category)s and attribute %(attribute)s give tier %(expected)s, "
            "not %(tier)s",
            category=category,
            attribute=attribute,
            expected=expected,
            tier=tier,
        )


@lru_cache(maxsize=64)
def parse_rules(toml: str) -> Rules:
    """Read a rules table.

    Raises:
        RulesError: on bad TOML, a missing or unknown cell, or a tier outside 1-4.
    """
    try:
        data = tomllib.loads(toml)
    except tomllib.TOMLDecodeError as error:
        raise RulesError(f"not TOML: {error}") from error
    categories, attributes = VALUES[StepKind.CATEGORY], VALUES[StepKind.ATTRIBUTE]
    if unknown := sorted(set(data) - set(categories)):
        raise RulesError(f"unknown category '{unknown[0]}'")
    tiers: dict[tuple[str, str], str] = {}
    for category in categories:
        row = data.get(category)
        if not isinstance(row, dict):
            raise RulesError(f"missing table [{category}]")
        if extra := sorted(set(row) - set(attributes)):
            raise RulesError(f"unknown attribute value '{extra[0]}' in [{category}]")
        for attribute in attributes:
            tier = str(row.get(attribute, ""))
            if tier not in VALUES[StepKind.FINAL]:
                raise RulesError(f"[{category}] {attribute} must be a tier 1-4, got '{tier}'")
            tiers[category, attribute] = tier
    return Rules(tiers)


def rules_edited(toml: str, tiers: Mapping[tuple[str, str], str]) -> str:
    """``toml`` as it is, comments and all, where it says ``tiers`` already; else a new table.
    A cell without a tier is left to :func:`parse_rules` to refuse."""
    with suppress(RulesError):
        if parse_rules(toml).tiers == tiers:
            return toml
    lines = ["# tier = table.<category>.<attribute>"]
    for category in VALUES[StepKind.CATEGORY]:
        lines.append(f"[{category}]")
        for attribute in VALUES[StepKind.ATTRIBUTE]:
            tier = tiers.get((category, attribute), "")
            lines.append(f"{attribute} = {tier if tier in VALUES[StepKind.FINAL] else 0}")
        lines.append("")
    return "\n".join(lines)

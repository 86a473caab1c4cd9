"""Which labels a change of the rules makes stale. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from annotation.cot.rules import Rules
from annotation.cot.steps import VALUES, StepKind


@dataclass(frozen=True, slots=True)
class Version:
    """A guideline version as far as staleness goes."""

    number: int
    rules: Rules
    changed_kinds: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class CellChange:
    """A tier labelled under version ``number`` for this cell was right by ``old`` then and is
    by ``new`` now."""

    number: int
    category: str
    attribute: str
    old: str
    new: str


def cell_changes(versions: Iterable[Version], current: Rules) -> list[CellChange]:
    """The cells of each earlier version that differ from the ``current`` table."""
    return [
        CellChange(version.number, category, attribute, old, new)
        for version in versions
        for category in VALUES[StepKind.CATEGORY]
        for attribute in VALUES[StepKind.ATTRIBUTE]
        if (old := version.rules.tiers[category, attribute])
        != (new := current.tiers[category, attribute])
    ]


def last_change_of_kinds(versions: Iterable[Version]) -> Mapping[int, int]:
    """Step kind -> number of the newest version that names it as changed."""
    numbers: dict[int, int] = {}
    for version in versions:
        for kind in version.changed_kinds:
            numbers[kind] = max(numbers.get(kind, 0), version.number)
    return numbers


def table_diff(old: Rules, new: Rules) -> list[tuple[str, str, str, str]]:
    """(category, attribute, old tier, new tier) of every cell that differs."""
    change = cell_changes([Version(0, old)], new)
    return [(c.category, c.attribute, c.old, c.new) for c in change]

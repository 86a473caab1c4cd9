"""The catalogue writer's table of uses, chosen on ratings. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

from annotation.cot.rules import Rules
from annotation.cot.steps import VALUES, StepKind
from training.rollouts.catalogue.category import USES
from training.rollouts.catalogue.writer import PairReading

Cell = tuple[str, bool]


def fitted_table(
    readings: Sequence[PairReading], truths: Sequence[str], rules: Rules
) -> Mapping[Cell, str]:
    """For each cell the category whose tiers are nearest to the truth."""
    table = {}
    for use, among in product([use for use, _, _ in USES], (False, True)):
        there = [
            (reading.attribute, int(truth))
            for reading, truth in zip(readings, truths, strict=True)
            if (reading.category.use, reading.among) == (use, among)
        ]
        if there:
            table[use, among] = min(
                VALUES[StepKind.CATEGORY],
                key=lambda value: sum(
                    (int(rules.tiers[value, attribute]) - truth) ** 2
                    for attribute, truth in there
                ),
            )
    return table


def fitted_tier(reading: PairReading, table: Mapping[Cell, str], rules: Rules) -> str:
    """By the table; a cell that it lacks is the shipped one's."""
    cell = (reading.category.use, reading.among)
    return rules.tiers[table.get(cell, reading.category.value), reading.attribute]

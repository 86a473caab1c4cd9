"""The circle as plain numbers for an SVG template. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 360, 306
_X, _Y = WIDTH / 2, 146  # the middle
_ACROSS, _DOWN = 118, 96  # the radii: words stand beside each other, numbers below


@dataclass(frozen=True, slots=True)
class Node:
    """``arc`` leads to the next node."""

    x: float
    y: float
    arc: str


@dataclass(frozen=True, slots=True)
class Ring:
    nodes: list[Node]
    box: str = f"0 0 {WIDTH} {HEIGHT}"
    middle_x: float = _X
    middle_y: float = _Y


def ring(count: int) -> Ring:
    """``count`` nodes, the first one on top, clockwise."""
    turns = [2 * math.pi * at / count - math.pi / 2 for at in range(count + 1)]
    places = [
        (round(_X + _ACROSS * math.cos(turn), 1), round(_Y + _DOWN * math.sin(turn), 1))
        for turn in turns
    ]
    return Ring([Node(*places[at], _arc(places[at : at + 2])) for at in range(count)])


def _arc(ends: Sequence[tuple[float, float]]) -> str:
    (x1, y1), (x2, y2) = ends
    return f"M{x1},{y1}A{_ACROSS},{_DOWN},0,0,1,{x2},{y2}"

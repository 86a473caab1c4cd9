"""Where the nodes of a lineage stand in a picture. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from training.lineage.graph import Lineage, LineageNode

MOST = 8  # of a column; the list below the picture has all
WIDTH, HEIGHT = 150, 34  # of a box, in user units
_GAP_X, _GAP_Y, _TOP = 40, 10, 24


@dataclass(frozen=True, slots=True)
class Box:
    node: LineageNode
    x: int
    y: int

    @property
    def middle(self) -> int:
        return self.y + HEIGHT // 2

    @property
    def right(self) -> int:
        return self.x + WIDTH


@dataclass(frozen=True, slots=True)
class Drawing:
    """``lines``: SVG path data of each arrow; ``heads``: (kind, x, nodes not drawn)."""

    width: int
    height: int
    boxes: list[Box]
    lines: list[str]
    heads: list[tuple[str, int, int]]
    box_width: int = WIDTH
    box_height: int = HEIGHT


def draw(lineage: Lineage) -> Drawing:
    """A column a kind; an arrow between two nodes that are drawn."""
    boxes: dict[str, Box] = {}
    heads: list[tuple[str, int, int]] = []
    for place, (kind, nodes) in enumerate(lineage.columns()):
        x = place * (WIDTH + _GAP_X) + 1
        heads.append((kind, x, max(0, len(nodes) - MOST)))
        for row, node in enumerate(nodes[:MOST]):
            boxes[node.key] = Box(node, x, _TOP + row * (HEIGHT + _GAP_Y))
    lines = [
        _arrow(boxes[one], boxes[other])
        for one, other in lineage.edges
        if one in boxes and other in boxes
    ]
    rows = max((box.y for box in boxes.values()), default=0)
    width = max(1, len(heads)) * (WIDTH + _GAP_X) - _GAP_X + 2
    return Drawing(width, rows + HEIGHT + 2, list(boxes.values()), lines, heads)


def _arrow(one: Box, other: Box) -> str:
    bend = (one.right + other.x) // 2
    return (
        f"M{one.right} {one.middle}C{bend} {one.middle} {bend} {other.middle} "
        f"{other.x} {other.middle}"
    )

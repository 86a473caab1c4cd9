"""What came of what: nodes in columns from left to right. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

NodeKind = Literal["person", "label", "resolution", "release", "run", "update"]
COLUMNS: tuple[NodeKind, ...] = ("person", "label", "resolution", "release", "run", "update")


@dataclass(frozen=True, slots=True)
class LineageNode:
    """``key`` is unique in a graph: the kind and a row's number. ``text`` is for people,
    ``facts`` for programs; ``address`` is the page of it, "" for none."""

    kind: NodeKind
    number: int
    text: str
    facts: dict[str, Any] = field(default_factory=dict)
    address: str = ""

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.number}"


@dataclass(slots=True)
class Lineage:
    """``edges`` lead from what was there first to what came of it. ``left_out`` counts updates
    beyond the limit that was asked for."""

    start: str
    nodes: dict[str, LineageNode] = field(default_factory=dict)
    edges: dict[tuple[str, str], None] = field(default_factory=dict)
    left_out: int = 0

    def add(self, node: LineageNode, *before: LineageNode) -> LineageNode:
        """The node, once, after others that are in already."""
        self.nodes.setdefault(node.key, node)
        for other in before:
            self.edges[other.key, node.key] = None
        return node

    def column(self, kind: NodeKind) -> list[LineageNode]:
        return [node for node in self.nodes.values() if node.kind == kind]

    def columns(self) -> Iterator[tuple[NodeKind, list[LineageNode]]]:
        """Those that have a node, from left to right."""
        return ((kind, nodes) for kind in COLUMNS if (nodes := self.column(kind)))


def reached(edges: Iterable[tuple[str, str]], start: str) -> set[str]:
    """Every key that can be come to from ``start`` along the edges, itself included."""
    after: dict[str, list[str]] = {}
    for one, other in edges:
        after.setdefault(one, []).append(other)
    seen, waiting = {start}, [start]
    while waiting:
        for other in after.get(waiting.pop(), []):
            if other not in seen:
                seen.add(other)
                waiting.append(other)
    return seen

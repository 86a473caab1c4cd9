"""From what answers are worth to the priorities of items. Pure.

An order gives 1 to ``HIGHEST_RANK``. What waits (another item of its pair is in front, or two
of its query) is a band lower, and so is every item of a superseded policy: under what nobody
has ranked, but still in order.
"""

from __future__ import annotations

import zlib
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from annotation.cot.draws import is_drawn

HIGHEST_RANK = 40  # an order's; what somebody waits for is above it
BAND = HIGHEST_RANK + 1
PER_QUERY = 2


@dataclass(frozen=True, slots=True)
class OpenItem:
    """An open item; ``shown`` = its rollout is its group's most frequent reading, ``behind`` =
    how many newer policies its own has."""

    item: int
    pair: int
    query: str
    policy: str
    worth: float
    shown: bool = True
    behind: int = 0


def explored(candidate: OpenItem, percent: int) -> bool:
    """Whether chance, not worth, places it: a draw of the pair's group that comes out alike."""
    return is_drawn(f"explore {candidate.policy}", candidate.pair, percent)


def priorities(
    candidates: Iterable[OpenItem],
    percent: int,
    known: Collection[float] = (),
    fronts: Mapping[str, int] | None = None,
    front_pairs: Collection[int] = (),
) -> dict[int, int]:
    """item -> priority.

    Ranks are shares: an item's is how much of the others, ``known`` worths among them, is worth
    less, and an explored item's is drawn evenly, so that the explored are ``percent`` of every
    part of the queue. ``fronts`` = items of a query that are in front already, ``front_pairs``
    = pairs that have one. What is explored counts for its pair, not for its query: else chance
    would not be even.
    """
    ordered = sorted(candidates, key=lambda c: (-c.worth, not c.shown, c.item))
    worths = sorted([*known, *(candidate.worth for candidate in ordered)])
    queries, pairs = Counter(fronts or {}), set(front_pairs)
    placed: dict[int, int] = {}
    for place, each in enumerate(ordered):
        chance = explored(each, percent)
        waits = each.pair in pairs or (not chance and queries[each.query] >= PER_QUERY)
        if not waits:
            pairs.add(each.pair)
            queries[each.query] += not chance
        rank = _drawn_rank(each) if chance else _rank(each.worth, worths, place, ordered)
        placed[each.item] = rank - BAND * (waits + min(each.behind, 1))
    return placed


def _rank(
    worth: float, worths: Sequence[float], place: int, ordered: Sequence[OpenItem]
) -> int:
    """1 to HIGHEST_RANK by the share that is worth less; of equals the first comes first."""
    low, high = bisect_left(worths, worth), bisect_right(worths, worth)
    equals = [each.item for each in ordered if each.worth == worth]
    behind = len(equals) - 1 - equals.index(ordered[place].item)
    at = low + (high - low) * (behind + 0.5) / len(equals)
    return min(HIGHEST_RANK, 1 + int(HIGHEST_RANK * at / len(worths)))


def _drawn_rank(candidate: OpenItem) -> int:
    name = f"place {candidate.policy}:{candidate.pair}"
    return 1 + zlib.crc32(name.encode()) % HIGHEST_RANK

"""Which pairs a run works with: the same answer for the check before a launch and for the
snapshot. Pure."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable

FEW_QUERIES = 20  # an interval over fewer says little about other queries


def pairs_choose(rows: Iterable[tuple[int, str]], limit: int) -> list[tuple[int, str]]:
    """(pair, query) of whole queries in hash order until ``limit`` pairs are in; 0 = all.

    ``rows`` are those with a truth, by pair.
    """
    queries: dict[str, list[int]] = defaultdict(list)
    for pk, query in rows:
        queries[query].append(pk)
    chosen: list[tuple[int, str]] = []
    for query in sorted(queries, key=lambda text: hashlib.sha256(text.encode()).digest()):
        if limit and len(chosen) >= limit:
            break
        chosen += [(pk, query) for pk in queries[query]]
    return chosen

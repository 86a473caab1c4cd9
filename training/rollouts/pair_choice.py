"""Which pairs a run works with: the same answer for the check before a launch and for the
snapshot. Pure."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from itertools import zip_longest

FEW_QUERIES = 20  # an interval over fewer says little about other queries


def pairs_choose(rows: Iterable[tuple[int, str]], limit: int) -> list[tuple[int, str]]:
    """(pair, query) of whole queries in hash order until ``limit`` pairs are in; 0 = all.

    ``rows`` are those with a truth, by pair.
    """
    chosen: list[tuple[int, str]] = []
    for query, pks in _by_query(rows):
        if limit and len(chosen) >= limit:
            break
        chosen += [(pk, query) for pk in pks]
    return chosen


def pairs_spread(rows: Iterable[tuple[int, str]], limit: int) -> list[tuple[int, str]]:
    """(pair, query): one pair of every query in hash order, then a second one, until ``limit``
    pairs are in; 0 = all. What is learned from as many queries as there are carries over to
    others; a measurement (``pairs_choose``) wants its queries whole.
    """
    turns = zip_longest(*([(pk, query) for pk in pks] for query, pks in _by_query(rows)))
    spread = [pair for turn in turns for pair in turn if pair is not None]
    return spread[: limit or None]


def _by_query(rows: Iterable[tuple[int, str]]) -> list[tuple[str, list[int]]]:
    queries: dict[str, list[int]] = defaultdict(list)
    for pk, query in rows:
        queries[query].append(pk)
    order = sorted(queries, key=lambda text: hashlib.sha256(text.encode()).digest())
    return [(query, queries[query]) for query in order]

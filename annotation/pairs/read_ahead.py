"""The next batch is read while this one is written. Pure."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def read_ahead(items: Iterator[T]) -> Generator[T, None, None]:
    """The items in order, one of them read ahead in a thread. What reading raises is raised
    here, after the items before it; who stops early waits for the one that is being read."""
    with ThreadPoolExecutor(1, "read-ahead") as pool:
        ahead = pool.submit(next, items, None)
        while (item := ahead.result()) is not None:
            ahead = pool.submit(next, items, None)
            yield item

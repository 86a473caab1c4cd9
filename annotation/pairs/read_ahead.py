"""The next batch is read while this one is written. Pure."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

# Reading is all Python and gives way only when asked. The thread that waits for the database
# needs a turn after each of its answers, and by default would ask 5 ms later.
_TURN_S = 0.0001


def read_ahead(items: Iterator[T]) -> Generator[T, None, None]:
    """The items in order, one of them read ahead in a thread. What reading raises is raised
    here, after the items before it; who stops early waits for the one that is being read."""
    with ThreadPoolExecutor(1, "read-ahead") as pool, _short_turns():
        ahead = pool.submit(next, items, None)
        while (item := ahead.result()) is not None:
            ahead = pool.submit(next, items, None)
            yield item


@contextmanager
def _short_turns() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(_TURN_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)

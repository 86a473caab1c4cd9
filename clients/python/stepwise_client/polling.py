"""Look again and again until something has ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def polled(
    look: Callable[[], T],
    *,
    until: Callable[[T], bool],
    waiting: Callable[[T], str],
    seconds: float,
    every: float,
) -> T:
    """What ``look`` gave first that ``until`` holds of.

    Raises:
        TimeoutError: it goes on longer than that; the text is ``waiting`` of the last look.
    """
    end = time.monotonic() + seconds
    while not until(seen := look()):
        if time.monotonic() >= end:
            raise TimeoutError(waiting(seen))
        time.sleep(every)
    return seen

"""What the live server is still answering."""

from __future__ import annotations

import time
from threading import Lock
from typing import Any

_QUIET = 0.1  # seconds in which what a closing page sends has arrived
_LONGEST = 15.0


class OpenRequests:
    """Counts requests between Django's two signals, in whichever thread they are answered."""

    def __init__(self) -> None:
        self._lock, self._open, self._changed = Lock(), 0, 0.0

    def began(self, **about: Any) -> None:
        self._count(1)

    def ended(self, **about: Any) -> None:
        self._count(-1)

    def wait_for_none(self) -> None:
        """Returns at the latest after ``_LONGEST``."""
        deadline = time.monotonic() + _LONGEST
        while time.monotonic() < deadline and not self._quiet():
            time.sleep(0.01)

    def _count(self, change: int) -> None:
        with self._lock:
            self._open += change
            self._changed = time.monotonic()

    def _quiet(self) -> bool:
        with self._lock:
            return self._open <= 0 and time.monotonic() - self._changed > _QUIET

"""One line at a time on the terminal, each with the name of who speaks."""

from __future__ import annotations

import os
import sys
import threading
from typing import TextIO

_COLOURS = {
    "stepwise": "1",
    "database": "35",
    "setup": "33",
    "web": "32",
    "default": "36",
    "bulk": "96",
    "inference": "34",
    "train": "95",
    "beat": "90",
}
_WIDTH = max(map(len, _COLOURS))


class Console:
    """Safe to use from several threads; colours only on a terminal and without NO_COLOR."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._colour = self._out.isatty() and not os.environ.get("NO_COLOR")
        self._lock = threading.Lock()

    def say(self, text: str, name: str = "stepwise") -> None:
        with self._lock:
            for line in text.splitlines() or [""]:
                self._out.write(f"{self._prefix(name)} {line}\n")
            self._out.flush()

    def _prefix(self, name: str) -> str:
        padded = f"{name:<{_WIDTH}} |"
        return f"\x1b[{_COLOURS.get(name, '0')}m{padded}\x1b[0m" if self._colour else padded

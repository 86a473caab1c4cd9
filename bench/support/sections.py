"""A report that is written section by section against a deadline: what fails or takes too long
is a line in it, and the next section starts."""

from __future__ import annotations

import json
import signal
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

_LAST = 10.0  # seconds kept for writing the report


class OutOfTime(BaseException):
    """Not an Exception: a library's own handler must not take it for a failed attempt."""


class Sections:
    """``path`` is written anew after every section. ``alive`` is asked after one that failed:
    on a device that is dead for this process nothing else is started."""

    def __init__(
        self, path: Path, seconds: float, alive: Callable[[], bool] = lambda: True
    ) -> None:
        self._path, self._began, self._seconds = path, time.monotonic(), seconds
        self._alive, self._over = alive, False
        self.body: dict[str, Any] = {"sections": {}, "errors": {}}

    def left(self) -> float:
        """Seconds that the sections may still take."""
        return self._seconds - _LAST - (time.monotonic() - self._began)

    def run(self, name: str, work: Callable[[], Any], limit: float = float("inf")) -> Any:
        """What ``work`` returns, which is the section; None where it failed or the device
        is dead. ``limit`` is in seconds, and no section goes past the deadline."""
        if self._over:
            return None
        allowed = min(limit, self.left())
        if allowed < 1:
            return self._failed(name, "not started: no time was left")
        print(f"== {name}, {allowed:.0f} s at most", flush=True)
        began = time.monotonic()
        before = signal.signal(signal.SIGALRM, _out_of_time)
        signal.setitimer(signal.ITIMER_REAL, allowed)
        try:
            figures = work()
        except OutOfTime:
            return self._failed(name, f"stopped after {allowed:.0f} s")
        except (Exception, SystemExit) as error:
            traceback.print_exc()
            return self._failed(name, f"{type(error).__name__}: {error}"[:2000] + self._end())
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        took = {"section_seconds": round(time.monotonic() - began, 1)}
        self.body["sections"][name] = {**figures, **took}
        self.write()
        return figures

    def write(self) -> None:
        """Put the report on disk as far as it goes."""
        self.body["seconds"] = round(time.monotonic() - self._began, 1)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(self.body, indent=1) + "\n", encoding="utf-8")

    def _end(self) -> str:
        """What a failure says where it was the last section."""
        self._over = not self._alive()
        return (
            "\nThe device is dead: no section after this one was started." if self._over else ""
        )

    def _failed(self, name: str, reason: str) -> None:
        print(f"== {name}: {reason}", flush=True)
        self.body["errors"][name] = reason
        self.write()


def _out_of_time(number: int, frame: FrameType | None) -> None:
    raise OutOfTime

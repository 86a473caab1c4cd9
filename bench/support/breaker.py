"""What goes wrong in a chaos run, and when: workers killed, PostgreSQL stopped or cut off."""

from __future__ import annotations

import contextlib
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from config.embedded import postmaster_pid, restart_embedded, stop_embedded

_EVERY = 0.02  # seconds between two looks at the progress


@dataclass
class Breaker:
    """Breaks something each time the progress passes the next mark of the ``plan``.

    ``plan``: (receipts, name of a method), in order. ``done`` counts what was broken.
    """

    pgdata: Path
    plan: list[tuple[int, str]]
    done: Counter[str] = field(default_factory=Counter)

    def run(self, progress: Callable[[], int], over: Callable[[], bool]) -> None:
        for mark, what in self.plan:
            while progress() < mark and not over():
                time.sleep(_EVERY)
            if over():
                return
            getattr(self, what)()
            self.done[what] += 1

    def worker_kill(self) -> None:
        """SIGKILL to a random process that serves requests."""
        while not (workers := web_workers()):
            time.sleep(_EVERY)
        with contextlib.suppress(psutil.NoSuchProcess):
            random.choice(workers).send_signal(signal.SIGKILL)

    def database_restart(self) -> None:
        """A fast shutdown, which ends every session, and a start."""
        stop_embedded(self.pgdata)
        restart_embedded(self.pgdata)

    def database_crash(self) -> None:
        """SIGQUIT: the server drops everything and recovers from its log at the start."""
        pid = postmaster_pid(self.pgdata)
        if pid is not None:
            process = psutil.Process(pid)
            process.send_signal(signal.SIGQUIT)
            process.wait(20)
        restart_embedded(self.pgdata)


def plan_of(claims: int, kills: int, restarts: int, crashes: int) -> list[tuple[int, str]]:
    """Kills at random marks; the database's breaks evenly between a third and two thirds."""
    marks = [
        (random.randint(claims // 20, claims * 9 // 10), "worker_kill") for _ in range(kills)
    ]
    breaks = ["database_restart"] * restarts + ["database_crash"] * crashes
    for number, what in enumerate(breaks, 1):
        marks.append((claims // 3 + number * claims // (3 * len(breaks) + 3), what))
    return sorted(marks)


def web_workers() -> list[psutil.Process]:
    """The processes that the web server, a child of this one, started to serve requests."""
    workers = []
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.Error):
            if "granian" in child.cmdline():
                workers += [each for each in child.children() if _serves(each)]
    return workers


def _serves(process: psutil.Process) -> bool:
    """Not the helper that tracks shared memory."""
    return not any("resource_tracker" in word for word in process.cmdline())

"""Real Celery worker processes for a headless circle, and their end."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from training.job.child import JobProcess

QUEUES = ("default", "bulk", "inference", "train")
_GRACE = 20.0  # seconds


class WorkerDied(RuntimeError):
    """A worker process ended by itself; the message carries the end of its log."""


class WorkerFleet:
    """One worker a queue and beat; their logs lie in ``log_dir``."""

    def __init__(self, log_dir: Path) -> None:
        self.log_dir = log_dir
        self._children: dict[str, JobProcess] = {}

    def start(self) -> None:
        self.log_dir.mkdir(parents=True, exist_ok=True)
        for queue in QUEUES:
            arguments = ("worker", "-Q", queue, "-n", f"{queue}@%h", "-c", "1")
            self._spawn(f"worker-{queue}", *arguments)
        self._spawn("beat", "beat", "-s", str(self.log_dir / "beat-schedule"))

    def check(self) -> None:
        """Raise WorkerDied when a child has ended."""
        for name, child in self._children.items():
            if (code := child.poll()) is not None:
                raise WorkerDied(f"{name} ended with code {code}\n{child.tail()}")

    def stop(self) -> None:
        for child in self._children.values():
            child.terminate()
        for child in self._children.values():
            child.wait(_GRACE)
            child.kill()

    def _spawn(self, name: str, *arguments: str) -> None:
        command = [sys.executable, "-m", "celery", "-A", "config", *arguments, "-l", "INFO"]
        self._children[name] = JobProcess(command, log=self.log_dir / f"{name}.log")


@contextmanager
def worker_fleet(log_dir: Path) -> Iterator[WorkerFleet]:
    """A running fleet; SIGTERM ends it like Ctrl-C does, and a kill takes it along."""
    before = signal.signal(signal.SIGTERM, _interrupt)
    # The pause before consensus lets people undo a slip; nobody here takes anything back.
    os.environ.setdefault("STEPWISE_UNDO_SECONDS", "0")
    fleet = WorkerFleet(log_dir)
    try:
        fleet.start()
        yield fleet
    finally:
        fleet.stop()
        signal.signal(signal.SIGTERM, before)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt

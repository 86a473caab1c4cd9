"""Real Celery worker processes for a headless circle, and their end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

QUEUES = ("default", "inference", "train")


class WorkerDied(RuntimeError):
    """A worker process ended by itself; the message carries the end of its log."""


class WorkerFleet:
    """The child processes and where their output goes."""

    def __init__(self, log_dir: Path) -> None:
        self.log_dir = log_dir
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        self.log_dir.mkdir(parents=True, exist_ok=True)
        for queue in QUEUES:
            self._spawn(
                f"worker-{queue}", "worker", "-Q", queue, "-n", f"{queue}@%h", "-c", "1"
            )
        self._spawn("beat", "beat", "-s", str(self.log_dir / "beat-schedule"))

    def check(self) -> None:
        """Raise WorkerDied when a child has ended."""
        for name, child in self._children.items():
            if child.poll() is not None:
                tail = (self.log_dir / f"{name}.log").read_text(errors="replace")[-2000:]
                raise WorkerDied(f"{name} ended with code {child.returncode}\n{tail}")

    def stop(self) -> None:
        for child in self._children.values():
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGTERM)
        for child in self._children.values():
            try:
                child.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()

    def _spawn(self, name: str, *arguments: str) -> None:
        command = [sys.executable, "-m", "celery", "-A", "config", *arguments, "-l", "INFO"]
        with (self.log_dir / f"{name}.log").open("ab") as log:
            self._children[name] = subprocess.Popen(
                command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )


@contextmanager
def worker_fleet(log_dir: Path) -> Iterator[WorkerFleet]:
    fleet = WorkerFleet(log_dir)
    try:
        fleet.start()
        yield fleet
    finally:
        fleet.stop()

"""`make run`'s supervisor as a user meets it: start, a killed database, the end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from config.embedded import ROOT, postmaster_pid
from config.supervisor.place import port_choose

pytestmark = pytest.mark.flow


class Running:
    def __init__(self, folder: Path) -> None:
        self.port = port_choose("127.0.0.1", 18_400)
        environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
        environment |= {"STEPWISE_DATA_DIR": str(folder), "PORT": str(self.port)}
        environment.pop("STEPWISE_EMBEDDED", None)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "config.supervisor"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.lines: list[str] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)

    def wait_for(self, words: str) -> None:
        self.wait_until(lambda: any(words in line for line in self.lines))

    def wait_until(self, true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 180  # an upper bound for a busy machine
        while not true():
            assert self.process.poll() is None, "".join(self.lines)
            assert time.monotonic() < deadline, "".join(self.lines)
            time.sleep(0.2)

    def health(self) -> dict[str, object]:
        try:
            url = f"http://127.0.0.1:{self.port}/healthz"
            with urllib.request.urlopen(url, timeout=5) as answer:
                return dict(json.load(answer))
        except OSError:
            return {}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    place = Path(os.environ["STEPWISE_DATA_DIR"]) / "make-run"  # as root, tmp_path is closed
    place.mkdir()
    yield place
    if (pid := postmaster_pid(place / "postgres")) is not None:
        psutil.Process(pid).kill()


def test_it_starts_survives_a_killed_database_and_leaves_nothing_running(folder: Path) -> None:
    running = Running(folder)
    healthy = {"database": "ok", "broker": "ok", "queues_without_worker": []}
    healthy |= {"queues_stalled": []}
    try:
        running.wait_for("Stepwise is ready")
        running.wait_until(lambda: running.health() == healthy)
        assert any("password" in line for line in running.lines)
        family = psutil.Process(running.process.pid).children(recursive=True)

        pid = postmaster_pid(folder / "postgres")
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        running.wait_for("PostgreSQL is back")
        running.wait_until(lambda: running.health() == healthy)

        family += psutil.Process(running.process.pid).children(recursive=True)
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(60) == 0
    finally:
        running.process.kill()
    gone, alive = psutil.wait_procs(set(family), timeout=30)
    assert alive == []
    assert len(gone) >= 10
    assert postmaster_pid(folder / "postgres") is None

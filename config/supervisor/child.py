"""One supervised process: under a guard, its lines passed on, restarted when it ends."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from time import monotonic
from typing import IO

import psutil

from config.embedded import ROOT
from config.supervisor.console import Console
from config.supervisor.processes import Process

STEADY_SECONDS = 60.0  # a process that lived this long starts its backoff anew
LONGEST_WAIT = 30.0


def backoff(failures: int) -> float:
    """Seconds before start number ``failures`` + 1: 1, 2, 4 ... at most 30."""
    return min(LONGEST_WAIT, 2.0 ** max(0, failures - 1))


class Child:
    def __init__(
        self,
        process: Process,
        console: Console,
        environment: Mapping[str, str],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.name = process.name
        self._process, self._console, self._clock = process, console, clock
        self._environment = dict(environment)
        self._popen: subprocess.Popen[bytes] | None = None
        self._failures = 0
        self._started = self._next_start = 0.0

    def start(self) -> None:
        # The guard kills the whole group when this process is gone, however it ended.
        guarded = [sys.executable, "-m", "training.job.guard", "--", *self._process.command]
        self._popen = subprocess.Popen(
            guarded,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env=self._environment,
            start_new_session=True,
        )
        self._started = self._clock()
        assert self._popen.stdout is not None
        threading.Thread(target=self._pump, args=(self._popen.stdout,), daemon=True).start()

    def watch(self) -> None:
        """Notice an end, say it, and start again once the backoff is over."""
        if self._popen is None:
            if self._clock() >= self._next_start:
                self.start()
            return
        code = self._popen.poll()
        if code is None:
            return
        self.kill()
        lived = self._clock() - self._started
        self._failures = 1 if lived >= STEADY_SECONDS else self._failures + 1
        wait = backoff(self._failures)
        self._next_start = self._clock() + wait
        self._console.say(f"{self.name} {how_ended(code)}; starting it again in {wait:.0f} s")

    def wait_seconds(self, seconds: float) -> int | None:
        """The exit code, or None while it still runs after ``seconds``."""
        if self._popen is None:
            return 0
        try:
            return self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def terminate(self) -> None:
        """Ask the command, not its own children: servers end those in good order."""
        if self._popen is None:
            return
        with contextlib.suppress(psutil.Error):
            for command in psutil.Process(self._popen.pid).children():
                command.terminate()

    def kill(self) -> None:
        """Kill whatever is left of the group, and forget it."""
        if self._popen is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._popen.pid, signal.SIGKILL)
        self._popen.wait()
        if self._popen.stdin:
            self._popen.stdin.close()
        self._popen = None

    def _pump(self, stream: IO[bytes]) -> None:
        for line in stream:
            self._console.say(line.decode(errors="replace").rstrip(), self.name)


def how_ended(code: int) -> str:
    """The guard reports 128 + n for a command that signal n ended."""
    number = -code if code < 0 else code - 128
    if number > 0:
        with contextlib.suppress(ValueError):
            return f"was ended by {signal.Signals(number).name}"
    return f"ended with code {code}"

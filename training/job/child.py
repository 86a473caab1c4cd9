"""A child process over a run or job folder: guarded, read while it writes, ended surely."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from training.job.folder import JOB_LOG, SIGNALLED, Exit

ROOT = Path(__file__).resolve().parents[2]
POLL_SECONDS = 0.5
_TAIL_BYTES = 8_000


class JobFailed(RuntimeError):
    """A job ended badly; the message is its code and its last line."""


class JobProcess:
    """One running command. Its stdout and stderr go to ``log``, which is appended to; ``more``
    are variables beside those of this process. As a context it is killed at the end."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        threads: int = 1,
        more: Mapping[str, str] | None = None,
    ) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        self.log = log
        guarded = [sys.executable, "-m", "training.job.guard", "--", *command]
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                guarded,
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
                env=_environment(threads) | dict(more or {}),
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """The guard's; also the id of the process group."""
        return self._process.pid

    def poll(self) -> int | None:
        """The exit code once it has ended; 128 + n for a command that signal n ended."""
        code = self._process.poll()
        if code is not None and code < 0:  # the guard itself was killed: the rest must go too
            self._signal(signal.SIGKILL)
            return SIGNALLED - code
        return code

    def wait(self, seconds: float) -> None:
        """Wait at most so long for the end."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """Kill the whole group and wait; harmless after the end."""
        self._signal(signal.SIGKILL)
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()

    def tail(self) -> str:
        """The last lines of the log, at most 8 kB, whole lines."""
        return log_tail(self.log)

    def last_line(self) -> str:
        lines = [line for line in self.tail().splitlines() if line.strip()]
        return lines[-1].strip() if lines else "no output"

    def _signal(self, number: signal.Signals) -> None:
        ended = self._process.returncode
        if ended is not None and ended >= 0:
            return  # the group's id may belong to somebody else by now
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)


class JsonLinesTail:
    """Complete new lines of a file that another process appends to."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0

    def read(self) -> Iterator[dict[str, Any]]:
        """The objects written since the last call; a half-written last line waits."""
        if not self._path.exists():
            return
        with self._path.open("rb") as handle:
            handle.seek(self._offset)
            for line in handle:
                if not line.endswith(b"\n"):
                    return
                self._offset += len(line)
                # A line that a kill cut short and a restart continued cannot be read.
                with contextlib.suppress(ValueError):
                    row = json.loads(line, parse_constant=lambda _: None)
                    if isinstance(row, dict):
                        yield row


def follow(
    process: JobProcess, tail: JsonLinesTail
) -> Iterator[tuple[list[dict[str, Any]], int | None]]:
    """(new rows, exit code) twice a second until the end, which alone has a code."""
    while True:
        code = process.poll()  # before reading, so that the last lines are not missed
        yield list(tail.read()), code
        if code is not None:
            return
        process.wait(POLL_SECONDS)


def job_rows(
    command: Sequence[str],
    folder: Path,
    output: str,
    on_wait: Callable[[], None],
    *,
    threads: int = 1,
    more: Mapping[str, str] | None = None,
) -> Iterator[list[dict[str, Any]]]:
    """Run ``command`` over a job folder; the rows of its file ``output`` as it writes them.

    ``on_wait`` is called while it works, and may raise to stop it.

    Raises:
        JobFailed: it ended with another code than 0.
    """
    with JobProcess(command, log=folder / JOB_LOG, threads=threads, more=more) as process:
        for rows, code in follow(process, JsonLinesTail(folder / output)):
            yield rows
            if code is None:
                on_wait()
            elif code != Exit.DONE:
                raise JobFailed(f"ended with code {code}: {process.last_line()}")


def log_tail(path: Path) -> str:
    if not path.exists():
        return ""
    with path.open("rb") as handle:
        size = handle.seek(0, os.SEEK_END)
        handle.seek(max(0, size - _TAIL_BYTES))
        text = handle.read().decode(errors="replace")
    return text if size <= _TAIL_BYTES else text.partition("\n")[2]


def _environment(threads: int) -> dict[str, str]:
    # Waiting OpenMP threads that spin starve every other process on shared cores.
    return {
        **os.environ,
        "OMP_WAIT_POLICY": "PASSIVE",
        "OMP_NUM_THREADS": str(threads),
        "TOKENIZERS_PARALLELISM": "false",
        "PYTHONUNBUFFERED": "1",
    }

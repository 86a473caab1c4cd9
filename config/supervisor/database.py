"""The embedded PostgreSQL under the supervisor: started, watched, started again, stopped."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from time import monotonic

import psycopg

from config.broker import conninfo_of_url
from config.embedded import (
    EMBEDDED_MARK,
    postmaster_pid,
    restart_embedded,
    stale_lock_clear,
    start_embedded,
    stop_embedded,
)
from config.supervisor.child import backoff
from config.supervisor.console import Console
from config.supervisor.processes import connections_needed

LOW_SPACE, NO_SPACE = 500_000_000, 50_000_000  # bytes
_SPACE_EVERY = 30.0  # seconds


class CannotStart(RuntimeError):
    """The message says why, in one line for the terminal."""


class Database:
    """With DATABASE_URL set from outside, every method but ``start`` does nothing."""

    def __init__(
        self, folder: Path, console: Console, clock: Callable[[], float] = monotonic
    ) -> None:
        self._pgdata = folder / "postgres"
        self._console, self._clock = console, clock
        self._own = False
        self._failures = 0
        self._next_start = self._next_look = 0.0

    def start(self) -> str:
        """Returns the URL.

        Raises:
            CannotStart: no space, or the server does not come up.
        """
        if url := os.environ.get("DATABASE_URL"):
            self._console.say("using the server of DATABASE_URL", "database")
            return url
        space = shutil.disk_usage(self._pgdata.parent).free
        if space < NO_SPACE:
            raise CannotStart(
                f"{space // 10**6} MB are free: the disk is full, free some first"
            )
        if stale_lock_clear(self._pgdata):
            self._console.say("removed the lock of a server that is gone", "database")
        new = not (self._pgdata / "PG_VERSION").exists()
        verb = "creating a database" if new else "starting PostgreSQL"
        self._console.say(f"{verb} in {self._pgdata}", "database")
        try:
            url = start_embedded(self._pgdata)
        except (OSError, psycopg.Error, subprocess.SubprocessError) as error:
            raise CannotStart(f"PostgreSQL does not start: {self._why(error)}") from error
        os.environ |= {"DATABASE_URL": url, EMBEDDED_MARK: "1"}
        self._own = True
        return url

    def watch(self) -> None:
        """Start a server that died again; tell when space gets short."""
        if not self._own or self._clock() < self._next_start:
            return
        if postmaster_pid(self._pgdata) is None:
            self._restart()
        elif self._failures:  # a slow recovery outlasts the command that began it
            self._tell_back()
        elif self._clock() >= self._next_look:
            self._next_look = self._clock() + _SPACE_EVERY
            space = shutil.disk_usage(self._pgdata).free
            if space < LOW_SPACE:
                self._console.say(
                    f"only {space // 10**6} MB are free: labels are refused when the disk is "
                    "full; nothing already stored is lost",
                    "database",
                )

    def stop(self) -> None:
        if self._own:
            clean = stop_embedded(self._pgdata)
            self._console.say(
                "stopped" if clean else "cut off; recovers at next start", "database"
            )

    def budget(self, url: str) -> str:
        """One line about connections."""
        with psycopg.connect(conninfo_of_url(url)) as connection:
            row = connection.execute("show max_connections").fetchone()
        allowed, needed = int(row[0]) if row else 0, connections_needed()
        line = f"connections: at most {needed} of the server's {allowed}"
        return line if needed + 10 <= allowed else f"{line}; raise max_connections"

    def _restart(self) -> None:
        self._console.say("PostgreSQL is gone; starting it again", "database")
        try:
            restart_embedded(self._pgdata)
        except (OSError, subprocess.SubprocessError, AssertionError) as error:
            self._failures += 1
            wait = backoff(self._failures)
            self._next_start = self._clock() + wait
            why = self._why(error)
            self._console.say(f"it did not start: {why}; again in {wait:.0f} s", "database")
            return
        self._tell_back()

    def _tell_back(self) -> None:
        self._failures = 0
        self._console.say("PostgreSQL is back; workers reconnect by themselves", "database")

    def _why(self, error: Exception) -> str:
        """The server's own last words, or the error's."""
        if shutil.disk_usage(self._pgdata).free < NO_SPACE:
            return "the disk is full"
        log = self._pgdata / "log"
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        fatal = [line for line in lines[-40:] if "FATAL" in line or "PANIC" in line]
        return fatal[-1].strip() if fatal else str(error)

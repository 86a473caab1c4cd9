"""Real workers on a database of their own, for the tests of the broker's promises."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from config.broker import broker_install, conninfo_of_url
from config.embedded import ROOT

Environment = dict[str, str]


@contextmanager
def database_with_queues(folder: Path) -> Iterator[Environment]:
    """The environment of workers on a database with queues, on the tests' server."""
    server, name = os.environ["DATABASE_URL"], f"redelivery_{os.getpid()}"
    with psycopg.connect(conninfo_of_url(server), autocommit=True) as connection:
        connection.execute(f"create database {name}")
    url = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    with psycopg.connect(conninfo_of_url(url)) as connection:
        broker_install(connection)
    yield {
        **os.environ,
        "DATABASE_URL": url,
        "STEPWISE_DATA_DIR": str(folder),
        "STEPWISE_VISIBILITY_SECONDS": "3",
    }
    with psycopg.connect(conninfo_of_url(server), autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


@contextmanager
def worker(environment: Environment, queue: str = "default") -> Iterator[Callable[[], None]]:
    """A real worker; yields what kills it, its pool process included."""
    command = [sys.executable, "-m", "celery", "-q", "-A", "tests.config.redelivery_app"]
    options = ["worker", "--queues", queue, "--concurrency", "1", "--without-mingle"]
    process = subprocess.Popen(
        [*command, *options, "--hostname", f"{queue}@%h"],
        cwd=ROOT, env=environment, start_new_session=True,
    )  # fmt: skip

    def kill() -> None:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    try:
        yield kill
        assert process.poll() in (None, -signal.SIGKILL), "the worker ended by itself"
    finally:
        kill()


def send(environment: Environment, lines: str) -> None:
    """Run ``lines`` where the tasks of tests/config/redelivery_app.py are known."""
    code = f"from tests.config.redelivery_app import *\n{lines}"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True)


def query(environment: Environment, sql: str) -> list[tuple[object, ...]]:
    with psycopg.connect(conninfo_of_url(environment["DATABASE_URL"])) as connection:
        return connection.execute(sql).fetchall()


def waiting(environment: Environment, queue: str = "default") -> int:
    (row,) = query(environment, f"select count(*) from pgmq.q_{queue}")
    return int(str(row[0]))


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 90  # an upper bound for a busy machine; nothing is timed
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def noted(path: Path) -> list[str]:
    return path.read_text().split() if path.exists() else []

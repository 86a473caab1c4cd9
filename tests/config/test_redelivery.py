"""The broker's promise: the message of a killed worker comes back. With real processes."""

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
import pytest

from config.broker import broker_install, conninfo_of_url
from config.embedded import ROOT

pytestmark = pytest.mark.flow


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A database of its own with queues, on the tests' server."""
    server, name = os.environ["DATABASE_URL"], f"redelivery_{os.getpid()}"
    with psycopg.connect(conninfo_of_url(server), autocommit=True) as connection:
        connection.execute(f"create database {name}")
    url = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    with psycopg.connect(conninfo_of_url(url)) as connection:
        broker_install(connection)
    yield {
        **os.environ,
        "DATABASE_URL": url,
        "STEPWISE_DATA_DIR": str(tmp_path),
        "STEPWISE_VISIBILITY_SECONDS": "3",
    }
    with psycopg.connect(conninfo_of_url(server), autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


@contextmanager
def worker(environment: dict[str, str]) -> Iterator[Callable[[], None]]:
    """A real worker; yields what kills it, its pool process included."""
    command = [sys.executable, "-m", "celery", "-q", "-A", "tests.config.redelivery_app"]
    options = ["worker", "--queues", "default", "--concurrency", "1", "--without-mingle"]
    process = subprocess.Popen(
        [*command, *options], cwd=ROOT, env=environment, start_new_session=True
    )

    def kill() -> None:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    try:
        yield kill
    finally:
        kill()


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 90  # an upper bound for a busy machine; nothing is timed
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def waiting(environment: dict[str, str]) -> int:
    with psycopg.connect(conninfo_of_url(environment["DATABASE_URL"])) as connection:
        row = connection.execute("select count(*) from pgmq.q_default").fetchone()
    return int(row[0]) if row else 0


def test_the_message_of_a_killed_worker_comes_back_and_is_done_once_more(
    environment: dict[str, str], tmp_path: Path
) -> None:
    notes = tmp_path / "deliveries"
    send = f"from tests.config.redelivery_app import attempt; attempt.delay({str(notes)!r})"
    subprocess.run([sys.executable, "-c", send], cwd=ROOT, env=environment, check=True)

    def deliveries() -> int:
        return len(notes.read_text().splitlines()) if notes.exists() else 0

    with worker(environment) as kill:
        wait_until(lambda: deliveries() == 1)
        kill()
    assert waiting(environment) == 1
    with worker(environment):
        wait_until(lambda: deliveries() == 2)
        wait_until(lambda: waiting(environment) == 0)
    assert len(set(notes.read_text().split())) == 2

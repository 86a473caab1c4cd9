"""A throw-away installation: embedded PostgreSQL, migrated, behind the web server."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import httpx

from config.supervisor.processes import web

ROOT = Path(__file__).resolve().parents[2]


def install(data_dir: Path) -> None:
    """Point this process at a fresh database in ``data_dir`` and bring it up to date."""
    os.environ.pop("DATABASE_URL", None)
    os.environ["STEPWISE_DATA_DIR"] = str(data_dir)
    from config.embedded import ensure_database_url

    ensure_database_url()
    command = [sys.executable, "manage.py", "bootstrap", "--bare"]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()


@contextmanager
def serving(log: Path) -> Iterator[str]:
    """The web processes of `make run`, started again when they end, as its supervisor does (the
    server gives up when a worker dies twice within seconds); yields the base address."""
    port, over = free_port(), threading.Event()
    with log.open("wb") as out:
        running = [_serve(port, out)]

        def keep() -> None:
            while not over.wait(0.5):
                if running[-1].poll() is not None:
                    running.append(_serve(port, out))

        keeper = threading.Thread(target=keep)
        keeper.start()
        try:
            yield _address(port, running[-1])
        finally:
            over.set()
            keeper.join()
            _end(running[-1])


@contextmanager
def serving_process(log: Path) -> Iterator[tuple[str, int]]:
    """The same without a second start; yields the base address and the process id of the web
    server."""
    port = free_port()
    with log.open("wb") as out:
        server = _serve(port, out)
        try:
            yield _address(port, server), server.pid
        finally:
            _end(server)


def _serve(port: int, out: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        web("127.0.0.1", port).command,
        cwd=ROOT,
        # No person is as fast as a benchmark, so the limit a person must not bind here.
        env=os.environ | {"STEPWISE_API_PER_MINUTE": "1000000"},
        stdout=out,
        stderr=subprocess.STDOUT,
    )


def _address(port: int, server: subprocess.Popen[bytes]) -> str:
    """Once it answers."""
    address = f"http://127.0.0.1:{port}"
    _wait(address, server)
    return address


def _end(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    server.wait(20)


def _wait(address: str, server: subprocess.Popen[bytes], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and server.poll() is None:
        try:
            if httpx.get(f"{address}/login/", timeout=5).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise RuntimeError("the web server did not come up; see its log")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

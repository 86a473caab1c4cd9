"""Label Studio's web processes: as many as ours, on the same PostgreSQL server."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import psycopg

from bench.peer.environment import code_of
from bench.support.server import free_port
from config.supervisor.processes import WEB_PROCESSES, WEB_THREADS

DATABASE = "peer"
_START_SECONDS = 600  # its start-up reads a lot; a busy machine takes minutes


@contextmanager
def peer_serving(python: Path, folder: Path) -> Iterator[tuple[str, int]]:
    """Migrate, serve, stop; yields the base address and the process id of gunicorn. ``folder``
    takes its files and logs."""
    code = code_of(python)
    environment = _environment(code, folder)
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(f"create database {DATABASE}")
    log, port = folder / "peer.log", free_port()
    with log.open("wb") as out:
        migrate = [str(python), "manage.py", "migrate", "-v", "0"]
        subprocess.run(migrate, cwd=code, env=environment, check=True, stdout=out, stderr=out)
        command = [
            *(str(python), "-m", "gunicorn", "core.wsgi", "--bind", f"127.0.0.1:{port}"),
            *("--workers", str(WEB_PROCESSES), "--threads", str(WEB_THREADS)),
            *("--timeout", "900", "--log-level", "warning", "--no-control-socket"),
        ]
        server = subprocess.Popen(command, cwd=code, env=environment, stdout=out, stderr=out)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(address, server, log)
        yield address, server.pid
    finally:
        server.terminate()
        server.wait(60)


def _environment(code: Path, folder: Path) -> dict[str, str]:
    """Its settings; without its telemetry, error reports and look-ups of newer versions."""
    ours = urlsplit(os.environ["DATABASE_URL"])
    socket = parse_qs(ours.query).get("host", [ours.hostname or ""])[0]
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("STEPWISE", "DJANGO"))}
    kept.pop("DATABASE_URL", None)
    return kept | {
        "PYTHONPATH": str(code),
        "DJANGO_SETTINGS_MODULE": "core.settings.label_studio",
        "DJANGO_DB": "default",
        "POSTGRE_HOST": socket,
        "POSTGRE_PORT": str(ours.port or 5432),
        "POSTGRE_USER": ours.username or "postgres",
        "POSTGRE_PASSWORD": ours.password or "",
        "POSTGRE_NAME": DATABASE,
        "LABEL_STUDIO_BASE_DATA_DIR": str(folder / "peer"),
        "SENTRY_DSN": "",
        "FRONTEND_SENTRY_DSN": "",
        "COLLECT_ANALYTICS": "false",
        "LATEST_VERSION_CHECK": "false",
    }


def _wait(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            if httpx.get(f"{address}/user/login/", timeout=60).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            time.sleep(0.5)
    raise RuntimeError(f"Label Studio did not come up: {log.read_text()[-2000:]}")

"""docs/first_circle.ipynb, cell by cell, against a real server with real workers."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.flows.test_worker_killed import ROOT, celery, environment, manage, wait_for

__all__ = ["environment"]

NOTEBOOK = ROOT / "docs" / "first_circle.ipynb"
# The shipped policy, and an administrator with a token of all scopes.
MAKE = """
from annotation.people.abilities import Ability
from annotation.people.roles import Role
from annotation.people.tokens import api_token_create
from tests.factories import make_user
from training.runs.checkpoints import seed_policy
seed_policy()
token, secret = api_token_create(user=make_user(Role.ADMIN), name="n", scopes=list(Ability))
print("token", secret)
"""


def cells() -> list[str]:
    body = json.loads(NOTEBOOK.read_text())
    return ["".join(c["source"]) for c in body["cells"] if c["cell_type"] == "code"]


@contextmanager
def served(environment: dict[str, str], log: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        *(sys.executable, "-m", "granian", "config.wsgi:application", "--interface", "wsgi"),
        *("--host", "127.0.0.1", "--port", str(port), "--no-ws", "--log-level", "warning"),
    ]
    with log.open("ab") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for("the server", lambda: answers(url), log)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz").is_success
    except httpx.TransportError:
        return False


@pytest.mark.flow
@pytest.mark.rl
def test_the_notebook_goes_from_a_csv_to_a_trained_policy(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment |= {"STEPWISE_UNDO_SECONDS": "0", "OMP_NUM_THREADS": "1"}
    environment |= {"DJANGO_SETTINGS_MODULE": "config.settings"}
    manage(environment, "bootstrap", "--bare")
    secret = manage(environment, "shell", "-v0", stdin=MAKE).split()[-1]
    log = tmp_path / "processes.log"
    queues = ("-Q", "default,bulk,inference,train")
    worker = ("worker", "-B", "-s", str(tmp_path / "beat"), *queues, "-c", "2", "-n", "all@%h")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    with served(environment, log) as url, celery(environment, log, *worker):
        monkeypatch.setenv("STEPWISE_URL", url)
        monkeypatch.setenv("STEPWISE_TOKEN", secret)
        for number, source in enumerate(cells()):
            exec(compile(source, f"cell {number}", "exec"), names)
    assert names["run"].state == "finished"
    assert names["trained"]["kind"] == "policy"
    items = 10 + 4  # the writer's, and the careless ones
    assert len(names["labels"]) == 5 * items

"""A train worker dies by kill -9 in the middle of a run; another one brings the run home."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.training.world import gone

ROOT = Path(__file__).resolve().parents[2]
LIMIT_SECONDS = 150  # a bound for a busy machine
MAKE = """
from django.core.management import call_command
from tests.flows.trainable import trainable_make
trainable_make()
call_command("launch_run", "tiny", "sft", config={config!r}, background=True)
"""
# Long enough to be killed in the middle; a checkpoint after every update.
CONFIG = """\
[fit]
epochs = 20
batch_size = 2
save_every = 1
[eval]
max_tokens = 64
bootstrap = 20
"""


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A database of its own on the tests' server, and leases that end soon."""
    server = os.environ["DATABASE_URL"]
    name = f"killed_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    url = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    yield {
        **os.environ,
        "DATABASE_URL": url,
        "STEPWISE_DATA_DIR": str(tmp_path / "data"),
        "STEPWISE_RUN_LEASE_SECONDS": "5",
        "STEPWISE_VISIBILITY_SECONDS": "5",
    }
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


def manage(environment: dict[str, str], *arguments: str, stdin: str = "") -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT, env=environment, input=stdin, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def celery(
    environment: dict[str, str], log: Path, *arguments: str
) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "config", *arguments, "-l", "INFO"],
            cwd=ROOT, env=environment, stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def run_row(environment: dict[str, str]) -> dict[str, Any]:
    with psycopg.connect(environment["DATABASE_URL"], row_factory=dict_row) as connection:
        row = connection.execute("select * from training_trainingrun").fetchone()
    assert row is not None
    return row


def wait_for(
    what: str, happened: Callable[[], bool], log: Path, limit: float = LIMIT_SECONDS
) -> None:
    until = time.monotonic() + limit
    while not happened():
        assert time.monotonic() < until, f"{what} never happened\n{log.read_text()[-4000:]}"
        time.sleep(0.1)


@pytest.mark.flow
def test_a_run_goes_on_once_after_its_worker_was_killed(
    environment: dict[str, str], tmp_path: Path
) -> None:
    manage(environment, "bootstrap", "--bare")
    config = tmp_path / "config.toml"
    config.write_text(CONFIG)
    manage(environment, "shell", "-v0", stdin=MAKE.format(config=str(config)))
    metrics = tmp_path / "data" / "runs" / f"run-{run_row(environment)['id']}" / "metrics.jsonl"

    def lines() -> list[str]:
        return metrics.read_text().splitlines() if metrics.exists() else []

    log = tmp_path / "workers.log"
    first = ("worker", "-Q", "train", "-n", "first@%h", "-c", "1")
    with celery(environment, log, *first) as worker:
        wait_for("update 5", lambda: len(lines()) >= 5, log)
        trainer = trainer_pid(metrics.parent)
        os.kill(worker.pid, signal.SIGKILL)
        assert gone(trainer, LIMIT_SECONDS), "the trainer outlived its worker"
    seen = run_row(environment)
    assert (seen["state"], seen["attempt"]) == ("running", 1)
    before = len(lines())

    both = ("worker", "-B", "-s", str(tmp_path / "beat"), "-Q", "default,train", "-c", "2")
    with celery(environment, log, *both, "-n", "second@%h"):
        wait_for(
            "the end",
            lambda: run_row(environment)["state"] in ("finished", "failed"),
            log,
        )
    done = run_row(environment)
    assert (done["state"], done["error"], done["attempt"]) == ("finished", "", 2)
    assert done["worker"].startswith("second@")
    rows = [json.loads(line) for line in lines() if line.strip()]
    updates = rows[0]["total_steps"]
    steps = Counter(row["step"] for row in rows)
    assert sorted(steps) == list(range(1, updates + 1)), "no update is missing"
    assert sum(steps.values()) - updates <= 2, (
        "it went on from the checkpoint, not from the start"
    )
    assert before < updates, "it was killed in the middle"
    with psycopg.connect(environment["DATABASE_URL"]) as connection:
        models = connection.execute("select count(*) from training_checkpoint where run_id > 0")
        assert models.fetchone() == (1,)
        stored = connection.execute("select count(*) from training_runmetric")
        assert stored.fetchone() == (updates,)


def trainer_pid(folder: Path) -> int:
    """The process that trains in ``folder``."""
    rows = subprocess.run(
        ["ps", "-e", "-ww", "-o", "pid=,args="], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    wanted = f"-m training.rl.train {folder}"
    (pid,) = [
        row.split()[0] for row in rows if wanted in row and "training.job.guard" not in row
    ]
    return int(pid)

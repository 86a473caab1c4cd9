"""Two rounds of the built-in sample by themselves: real workers, simulated people, one kill."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.flows.test_worker_killed import ROOT, celery, environment, manage, wait_for

__all__ = ["environment"]

# A rate that hardly moves the policy: a drop on twelve pairs would rightly stop the rounds.
PLAN = """\
pairs = 8
rollouts = 1
gold = 2
max_tokens = 160
[rm.fit]
epochs = 1
batch_size = 8
[policy.rl]
updates = 3
prompts = 2
group = 4
micro_batch = 8
learning_rate = 1e-7
[policy.sampling]
rollouts = 4
[policy.eval]
bootstrap = 20
[policy.data]
eval_limit = 12
train_limit = 24
"""


@contextmanager
def people(environment: dict[str, str], log: Path) -> Iterator[None]:
    command = [sys.executable, "manage.py", "simulate_people", "--project", "sample"]
    with log.open("ab") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out)
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def status(environment: dict[str, str]) -> dict[str, Any]:
    told = manage(environment, "round", "status", "--project", "sample", "--json")
    whole: dict[str, Any] = json.loads(told.splitlines()[-1])
    return whole


@pytest.mark.flow
@pytest.mark.nightly
def test_two_rounds_turn_by_themselves_though_a_train_worker_is_killed(
    environment: dict[str, str], tmp_path: Path
) -> None:
    environment |= {"STEPWISE_UNDO_SECONDS": "0", "OMP_NUM_THREADS": "1"}
    manage(environment, "bootstrap", "--sample")
    plan, log = tmp_path / "plan.toml", tmp_path / "workers.log"
    plan.write_text(PLAN)

    def second_trains() -> bool:
        whole = status(environment)
        assert whole["state"] != "stopped", whole
        return whole["round"]["number"] == 2 and whole["state"] in ("training", "evaluating")

    def ended() -> bool:
        return status(environment)["state"] in ("done", "stopped")

    beat = ("worker", "-B", "-s", str(tmp_path / "beat"), "-Q", "default,bulk,inference")
    train = ("worker", "-Q", "train", "-c", "1", "-n")
    with people(environment, log), celery(environment, log, *beat, "-c", "2", "-n", "all@%h"):
        with celery(environment, log, *train, "first@%h") as worker:
            manage(
                environment, "round", "start", "--project", "sample", "--autopilot", "whole",
                "--rounds", "2", "--plan", str(plan),
            )  # fmt: skip
            wait_for("the training of round 2", second_trains, log, 600)
            os.kill(worker.pid, signal.SIGKILL)
        with celery(environment, log, *train, "second@%h"):
            wait_for("the end of round 2", ended, log, 300)
    whole = status(environment)
    assert (whole["round"]["number"], whole["state"], whole["round"]["stop_reason"]) == (
        2,
        "done",
        "",
    )
    assert whole["labels"]["decided"] == whole["labels"]["items"]

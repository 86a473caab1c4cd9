"""Claimers over real HTTP while workers are killed and PostgreSQL goes away twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (
    *(sys.executable, "-m", "bench.chaos", "--json", "--claims", "200", "--claimers", "8"),
    *("--kills", "1", "--restarts", "1", "--crashes", "1", "--seconds", "240"),
)


@pytest.mark.flow
def test_no_submission_is_lost_and_no_slot_given_twice_while_servers_die() -> None:
    # The database is one of its own: it is stopped and cut off.
    environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
    done = subprocess.run(
        COMMAND, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    broken = ("workers_killed", "database_restarts", "database_crashes")
    assert [report[name] for name in broken] == [1, 1, 1]
    assert report["unavailable"] + report["connection_lost"] > 0, "the claimers noticed"
    assert (report["receipts"], report["rows"], report["items_labelled"]) == (200, 200, 100)
    assert (report["double_claims"], report["lost"], report["server_error"]) == (0, 0, 0)

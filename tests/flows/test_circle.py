"""The whole circle, tiny, by the real command with real worker processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[2]
KEYS = {
    "pairs", "rollouts", "step_labels", "resolutions", "ground_truth", "rm", "eval_before",
    "eval_after", "disagreements_opened", "seconds", "asked_once",
}  # fmt: skip


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A database of its own on the tests' server: the workers are other processes."""
    server = os.environ["DATABASE_URL"]
    name = f"circle_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    url = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    yield {**os.environ, "DATABASE_URL": url, "STEPWISE_DATA_DIR": str(tmp_path / "data")}
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


def manage(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=540,
    )  # fmt: skip


@pytest.mark.flow
def test_one_tiny_turn_reaches_every_arrow_and_reports_it(
    environment: dict[str, str], tmp_path: Path
) -> None:
    ready = manage(environment, "bootstrap", "--bare")
    assert ready.returncode == 0, ready.stderr
    path = tmp_path / "report.json"
    done = manage(environment, "circle", "--preset", "tiny", "--report", str(path))
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(path.read_text())
    assert report.keys() >= KEYS
    assert report["rollouts"]["sampled"] >= 24
    assert report["step_labels"] >= 2 * 5 * 20
    assert report["resolutions"]["consensus"] > 0
    assert report["ground_truth"]["consensus"] > 0
    # 24 rollouts are no evidence that a judge is any good: it stays out of charge
    assert not report["gate"]["appointed"]
    assert report["gate"]["refusal"]
    assert report["disagreements_opened"] == 0
    assert 0 <= report["eval_after"]["macro_f1"] <= 1
    assert 0 < report["human_share"] <= 1
    assert report["asked_once"].keys() == {
        "labels_saved", "reuse_share_kind_1", "reuse_share_kind_2", "audit_contradiction",
    }  # fmt: skip
    assert "macro F1 after - before" in done.stdout

    # A lead puts its reward model in charge all the same and settles what it disputes; the next
    # one has the same weights and so disputes the same steps, which are not listed again.
    told = manage(
        environment, "shell", "-c", "from tests.flows.second_judge import main; main()"
    )
    assert told.returncode == 0, told.stderr
    judges = json.loads(told.stdout.splitlines()[-1])
    assert judges["first"] > 0
    assert judges["second"] == 0
    assert judges["scores_that_differ"] == 0
    assert judges["scored"] >= 5 * 24


@pytest.mark.flow
def test_a_data_folder_without_ratings_is_a_clear_error(
    environment: dict[str, str], tmp_path: Path
) -> None:
    done = manage(
        environment, "circle", "--data", str(tmp_path), "--report", str(tmp_path / "r.json")
    )
    assert done.returncode == 1
    assert "individual_ratings.csv" in done.stderr
    assert "Traceback" not in done.stderr

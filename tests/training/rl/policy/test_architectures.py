"""Models of other kinds go through a whole run: sampled, trained, evaluated, saved, loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.rl.tiny import make_run
from tests.training.rl.zoo import random_policy
from training.job.types import Sample
from training.rl.policy.model import load_policy
from training.rl.train import train

pytestmark = pytest.mark.rl


@pytest.mark.parametrize(
    ("kind", "method", "lora"),
    [
        ("mixtral", "sft", 0),
        ("mixtral", "srpo", 0),
        ("mamba", "sft", 2),
        ("mamba", "srpo", 2),
        ("bloom", "dpo", 2),
        ("opt", "dpo", 0),
    ],
)
def test_a_run_of_one_update_ends_with_a_policy(
    tmp_path: Path, samples: list[Sample], kind: str, method: str, lora: int
) -> None:
    make_run(
        tmp_path / "run", random_policy(tmp_path / "policy", kind), samples, method=method,
        sampling={"rollouts": 1, "rejection": False},
        rl={"updates": 1, "prompts": 2, "group": 2, "max_tokens": 8},
        fit={"epochs": 0.1, "batch_size": 4, "pairs": "pass_at_n"},
        eval={"max_tokens": 8, "bootstrap": 10, "limit": 2},
        trainer={"lora_rank": lora},
    )  # fmt: skip
    train(tmp_path / "run")
    settings = [load_policy(tmp_path / name).model.config for name in ("policy", "run/model")]
    changed = {
        name
        for name, value in settings[0].to_diff_dict().items()
        if settings[1].to_diff_dict().get(name) != value
    }
    assert changed <= {"_name_or_path"}

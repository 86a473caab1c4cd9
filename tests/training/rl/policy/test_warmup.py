"""Every update of a run learns, the first one included."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import get_scheduler

from tests.training.rl.tiny import make_run
from training.job.config import FitConfig, RlConfig
from training.job.types import Sample
from training.rl.policy.fit import fit_arguments, rl_arguments
from training.rl.policy.model import load_policy
from training.rl.train import train

pytestmark = pytest.mark.rl


def rates(arguments: dict[str, Any], updates: int) -> list[float]:
    """The learning rate of each update, as a share of the run's."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = get_scheduler(
        arguments["lr_scheduler_type"],
        optimizer,
        arguments["warmup_steps"],
        updates,
        arguments["lr_scheduler_kwargs"],
    )
    seen = []
    for _ in range(updates):
        seen.append(round(schedule.get_last_lr()[0], 4))
        optimizer.step()
        schedule.step()
    return seen


def test_a_warmup_of_three_updates_learns_from_a_quarter_to_the_whole() -> None:
    assert rates(rl_arguments(RlConfig(warmup=3)), 5) == [0.25, 0.5, 0.75, 1, 1]
    assert rates(rl_arguments(RlConfig(warmup=3)), 1) == [0.25]
    assert rates(rl_arguments(RlConfig(warmup=0)), 3) == [1, 1, 1]


def test_a_supervised_run_starts_at_its_learning_rate_or_warms_up_from_above_zero() -> None:
    config = FitConfig(epochs=1, batch_size=1)
    assert rates(fit_arguments(config, 1), 1) == [1]
    assert rates(fit_arguments(config, 3), 3) == [1, 0.5, 0]
    assert rates(fit_arguments(config, 40), 40)[:3] == [0.5, 1, 0.9983]


@pytest.mark.parametrize("method", ["srpo", "sft"])
def test_a_run_of_one_update_changes_the_weights(
    tmp_path: Path, policy_dir: Path, samples: list[Sample], method: str
) -> None:
    make_run(
        tmp_path / "run", policy_dir, samples, method=method,
        rl={"updates": 1, "prompts": 4, "group": 4, "max_tokens": 90},
        fit={"epochs": 1.0, "batch_size": 1024},
    )  # fmt: skip
    train(tmp_path / "run")
    before, after = (
        load_policy(folder).model.state_dict()
        for folder in (policy_dir, tmp_path / "run/model")
    )
    assert any(not torch.equal(before[name], after[name]) for name in before)

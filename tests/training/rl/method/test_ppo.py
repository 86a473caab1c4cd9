"""A critic's credit, by numbers that can be computed by hand, and the trainer around it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from tests.training.rl.tiny import make_run
from training.job.files import read_finished_jsonl
from training.job.types import Sample
from training.rl.method.ppo import (
    Critic,
    explained,
    generalised_advantages,
    token_rewards,
    whitened,
)
from training.rl.policy.model import Policy, load_policy
from training.rl.train import main

NAN = float("nan")


def test_a_step_is_paid_at_its_last_token_and_an_unknown_or_missing_one_never() -> None:
    rewards = torch.tensor([[1.0, NAN, 0.5, 0.0, 2.0], [1.0, 1.0, 1.0, 1.0, 1.0]])
    kinds = torch.tensor([[1, 1, 2, 3, 3, 4, 5, 0], [1, 2, 1, 3, 5, 5, 0, 0]])
    assert token_rewards(rewards, kinds).tolist() == [
        [0, 1, 0, 0, 0.5, 0, 2, 0],
        [0, 1, 1, 1, 0, 1, 0, 0],  # step 4 is not there; the second heading 1 ends step 1
    ]


def test_generalised_advantages_are_those_of_the_formula() -> None:
    rewards = torch.tensor([[0.0, 1.0, 0.0]])
    values = torch.tensor([[0.5, 0.25, 0.0]])
    # d = (0 + .5 * .25 - .5, 1 + 0 - .25, 0) = (-.375, .75, 0); gamma lam = .25
    out = generalised_advantages(rewards, values, gamma=0.5, lam=0.5)
    assert out.tolist() == [[-0.375 + 0.25 * 0.75, 0.75, 0.0]]


def test_with_lambda_one_the_advantage_is_what_came_minus_what_was_expected() -> None:
    rewards, values = torch.rand(4, 6), torch.rand(4, 6)
    out = generalised_advantages(rewards, values, gamma=1.0, lam=1.0)
    to_come = rewards.flip(1).cumsum(1).flip(1)
    assert torch.allclose(out, to_come - values, atol=1e-6)


def test_a_critic_that_knows_leaves_nothing_to_credit() -> None:
    rewards = torch.tensor([[0.0, 1.0, 1.0]])
    values = torch.tensor([[2.0, 2.0, 1.0]])
    assert not generalised_advantages(rewards, values, 1.0, 0.95).any()
    assert explained(torch.tensor([[2.0, 2.0, 1.0]]), values, torch.ones(1, 3)) == 1


def test_whitening_looks_at_the_tokens_of_rollouts_alone() -> None:
    mask = torch.tensor([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0]])
    out = whitened(torch.tensor([[1.0, 3.0, 99.0], [1.0, 3.0, 99.0]]), mask, eps=0.0)
    assert out.tolist() == [[-1, 1, 0], [-1, 1, 0]]


@pytest.mark.rl
def test_a_value_does_not_depend_on_the_padding_beside_it(policy_dir: Path) -> None:
    policy: Policy = load_policy(policy_dir)
    critic = Critic(policy.model)
    torch.nn.init.normal_(critic.head.weight)
    ids = torch.tensor([[5, 6, 7, 8]])
    padded = torch.tensor([[0, 0, 5, 6, 7, 8, 0]])
    alone = critic(ids, torch.ones_like(ids))
    beside = critic(padded, torch.tensor([[0, 0, 1, 1, 1, 1, 0]]))
    assert torch.allclose(alone, beside[:, 2:6], atol=1e-5)
    assert critic.backbone is not policy.model.base_model


@pytest.mark.rl
def test_its_critic_learns_to_foresee_the_rewards(
    tmp_path: Path, policy_dir: Path, samples: list[Sample]
) -> None:
    rl = {"updates": 12, "prompts": 4, "group": 4, "micro_batch": 16, "max_tokens": 90,
          "learning_rate": 1e-3}  # fmt: skip
    make_run(tmp_path / "run", policy_dir, samples, method="ppo", rl=rl)
    assert main([str(tmp_path / "run")]) == 0
    rows = read_finished_jsonl(tmp_path / "run" / "metrics.jsonl")
    foreseen = [row["value_explained"] for row in rows]
    assert foreseen[0] <= 0 < max(foreseen)
    assert json.loads((tmp_path / "run" / "report.json").read_text())["method"] == "ppo"
    assert not list((tmp_path / "run").glob("ledger*")), "no replay can know what a critic said"

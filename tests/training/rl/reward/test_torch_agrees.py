"""The advantages of training.job beside the same formulas in torch, as TRL computes them."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from training.job.advantages import EPS, Normalise, credited_advantages, outcome_advantages

NAN = float("nan")
REWARDS = st.lists(
    st.lists(st.one_of(st.just(NAN), st.floats(0, 1)), min_size=5, max_size=5),
    min_size=4,
    max_size=4,
)


def normalised(values: Tensor, scale: bool) -> Tensor:
    """TRL's (r - mean) / (std + eps) over the values that exist."""
    known = values[~values.isnan()]
    if len(known) < 2 or known.std() <= 1e-6:
        return torch.zeros_like(values)
    centred = (values - known.mean()).nan_to_num(0.0)
    return centred / (known.std() + EPS) if scale else centred


@pytest.mark.parametrize("mode", ["step", "pooled", "none"])
@given(rewards=REWARDS, gamma=st.floats(0, 1))
def test_torch_gets_the_same_step_advantages(
    rewards: list[list[float]], gamma: float, mode: Normalise
) -> None:
    table = torch.tensor(rewards, dtype=torch.float64)
    if mode == "pooled":
        z = normalised(table, scale=True)
    else:
        z = torch.stack([normalised(column, mode == "step") for column in table.T], 1)
    discounts = torch.tensor(
        [[gamma ** (j - k) if j >= k else 0.0 for k in range(5)] for j in range(5)],
        dtype=torch.float64,
    )
    expected = (z @ discounts).clamp(-2, 2)
    ours = credited_advantages(rewards, 4, normalise=mode, gamma=gamma)
    assert torch.from_numpy(ours[0]).sub(z).abs().max().item() < 1e-6
    assert torch.from_numpy(ours[1]).sub(expected).abs().max().item() < 1e-6


@given(rewards=REWARDS)
def test_torch_gets_the_same_outcome_advantages(rewards: list[list[float]]) -> None:
    last = torch.tensor(rewards, dtype=torch.float64)[:, -1]
    expected = normalised(last, scale=True).clamp(-2, 2)
    _, advantages = outcome_advantages(rewards, 4)
    assert torch.from_numpy(advantages).sub(expected[:, None]).abs().max().item() < 1e-6

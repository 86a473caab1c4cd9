import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from training.rl.reward.advantages import token_advantages


def rows(*values: list[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float32)


def test_tokens_carry_their_steps_advantage_and_padding_carries_none() -> None:
    steps = rows([1, 2, 3, 4, 5])
    kinds = torch.tensor([[1, 1, 3, 5, 0]])
    assert token_advantages(steps, kinds, length_weight=False).tolist() == [[1, 1, 3, 5, 0]]


def test_a_long_step_weighs_as_much_as_a_short_one() -> None:
    steps = rows([1, 0, 0, 0, 1])
    kinds = torch.tensor([[1, 1, 1, 5, 0]])  # 4 tokens, 2 steps: weights 2/3 and 2
    spread = token_advantages(steps, kinds)
    assert spread[0].tolist() == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2, 0])
    assert spread[0, :3].sum().item() == pytest.approx(spread[0, 3].item())


@given(st.lists(st.integers(1, 5), min_size=1, max_size=30))
def test_the_mean_token_weight_is_one(kinds: list[int]) -> None:
    spread = token_advantages(torch.ones(1, 5), torch.tensor([kinds]))
    assert spread.mean().item() == pytest.approx(1.0, abs=1e-5)

"""The advantages without torch are those that the trainer computes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.cot.steps import Layout, StepKind
from training.job import advantages as plain
from training.job.types import ScoredRollout, StepReward
from training.rl.reward import advantages as trained
from training.rl.reward.rewards import gated

NAN = float("nan")
REWARD = st.sampled_from([0.0, 1.0, NAN]) | st.floats(0, 1, width=32)
GROUP = 4
TABLES = st.lists(
    st.lists(REWARD, min_size=5, max_size=5), min_size=2 * GROUP, max_size=2 * GROUP
)


def scored(values: list[float], error: str | None = None) -> ScoredRollout:
    rewards = {
        kind: StepReward(None if value != value else value, None, "")
        for kind, value in zip(StepKind, values, strict=True)
    }
    return ScoredRollout("pair", "text", error, None, rewards)


@settings(max_examples=150, deadline=None)
@given(
    rows=TABLES,
    readable=st.lists(st.booleans(), min_size=2 * GROUP, max_size=2 * GROUP),
    mode=st.sampled_from(["step", "pooled", "none"]),
    gamma=st.sampled_from([1.0, 0.7]),
    layout=st.sampled_from(["answer_last", "answer_first"]),
    gate=st.booleans(),
)
def test_the_twin_equals_the_trainers_own_functions(
    rows: list[list[float]],
    readable: list[bool],
    mode: plain.Normalise,
    gamma: float,
    layout: Layout,
    gate: bool,
) -> None:
    rollouts = [scored(r, None if ok else "e") for r, ok in zip(rows, readable, strict=True)]
    credited = [gated(r) if gate else r.values() for r in rollouts]
    z = trained.group_normalise(torch.tensor(credited, dtype=torch.float32), GROUP, mode)
    expected = trained.return_to_go(z, gamma, layout).clamp(-2, 2).numpy()
    ours = plain.step_advantages(
        rows, GROUP, readable=readable, gate_final=gate, normalise=mode, gamma=gamma,
        layout=layout,
    )  # fmt: skip
    assert ours == pytest.approx(expected, abs=1e-6)


def test_a_right_tier_from_a_wrong_premise_has_no_reward() -> None:
    table = plain.gated(np.array([[1, 1, 0, 1, 1], [1, 1, NAN, 1, 1]]))
    assert np.isnan(table[0, 4])
    assert table[1, 4] == 1


def test_rollouts_that_are_no_whole_groups_are_refused() -> None:
    with pytest.raises(ValueError, match="3 rollouts are not groups of 2"):
        plain.group_normalise([[1], [0], [1]], 2)

"""Step rewards to step advantages without torch: the twin of ``training.rl.reward.advantages``
for whoever only reasons about a run (the queue's order, a replay of the ledger). Pure numpy.

Shapes as there: N rollouts = prompts x G, rollouts of one prompt adjacent; K = 5 steps, column
k is kind k + 1; NaN = no reward exists. Tests hold the two equal to 1e-6.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from annotation.cot.steps import Layout, StepKind, layout_order

Normalise = Literal["step", "pooled", "none"]
Table = NDArray[np.float32]  # (N, K)
EPS = 1e-4  # as TRL's GRPO
RIGHT = 0.5  # a reward from here on counts as right
CLAMP = 2.0  # rl.clamp
_NO_VARIANCE = 1e-6
_FINAL = int(StepKind.FINAL) - 1
_PREMISES = [int(kind) - 1 for kind in (StepKind.CATEGORY, StepKind.ATTRIBUTE)]


def gated(rewards: ArrayLike, readable: ArrayLike = True) -> Table:
    """``training.rl.reward.rewards.gated`` on a table: the final step is masked where step 3 or
    4 is known to be wrong, except where the rollout cannot be read; it keeps its 0."""
    out = np.array(rewards, dtype=np.float32)
    wrong = (out[:, _PREMISES] < RIGHT).any(axis=1)
    out[wrong & np.broadcast_to(np.asarray(readable), wrong.shape), _FINAL] = np.nan
    return out


def group_normalise(
    rewards: ArrayLike, group: int, mode: Normalise = "step", eps: float = EPS
) -> Table:
    """z[i,k] = (r[i,k] - mean) / (std + eps) over the rollouts of a group that have r[i,k]
    (SHE Eq. 6); finite, 0 where no reward exists or nothing differs."""
    table = np.asarray(rewards, dtype=np.float32)
    count, steps = table.shape
    if group < 1 or count % group:
        raise ValueError(f"{count} rollouts are not groups of {group}")
    grouped = table.reshape(count // group, group, steps)
    axes = (1, 2) if mode == "pooled" else (1,)
    known = np.isfinite(grouped)
    n = known.sum(axes, keepdims=True)
    mean = np.where(known, grouped, 0).sum(axes, keepdims=True) / np.maximum(n, 1)
    centred = np.where(known, grouped - mean, 0)
    std = np.sqrt((centred**2).sum(axes, keepdims=True) / np.maximum(n - 1, 1))
    scaled = centred if mode == "none" else centred / (std + eps)
    alive = (n > 1) & (std > _NO_VARIANCE)
    return np.where(alive, scaled, 0).reshape(count, steps).astype(np.float32)


def return_to_go(z: ArrayLike, gamma: float = 1.0, layout: Layout = "answer_last") -> Table:
    """A[i,k] = sum over steps j at or after k of gamma^(j - k) z[i,j], in text order; in
    ``answer_first`` the final step answers for itself alone."""
    table = np.asarray(z, dtype=np.float32)
    out = np.zeros_like(table)
    running = np.zeros_like(table[:, 0])
    for kind in reversed(layout_order(layout)):
        column = int(kind) - 1
        if layout == "answer_first" and column == _FINAL:
            out[:, column] = table[:, column]
            continue
        running = table[:, column] + np.float32(gamma) * running
        out[:, column] = running
    return out


def step_advantages(
    rewards: ArrayLike,
    group: int,
    *,
    readable: ArrayLike = True,
    gate_final: bool = True,
    normalise: Normalise = "step",
    gamma: float = 1.0,
    clamp: float = CLAMP,
    layout: Layout = "answer_last",
) -> Table:
    """What an SRPO update with these settings gives each step, in the trainer's order: gate,
    normalise, return to go, clamp."""
    table = gated(rewards, readable) if gate_final else rewards
    z = group_normalise(table, group, normalise)
    return np.clip(return_to_go(z, gamma, layout), -clamp, clamp)

"""Step rewards to step advantages (SHE Eq. 6; design.md section 5). Pure numpy, for the trainer
and for whoever only reasons about a run (the queue's order, a replay of the ledger); in double
precision, because 1 / eps stretches whatever differs.

Shapes: N rollouts = prompts x G, rollouts of one prompt adjacent; K = 5 steps, column k is
kind k + 1. NaN in a reward means "no reward exists": such a step takes part in no mean, no
deviation, and gets the value 0.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from annotation.cot.steps import Layout, StepKind, layout_order

Normalise = Literal["step", "pooled", "none"]
Table = NDArray[np.float64]  # (N, K)
EPS = 1e-4  # as TRL's GRPO, so that the two differ in credit only
RIGHT = 0.5  # a reward from here on counts as right
CLAMP = 2.0  # rl.clamp
_FINAL = int(StepKind.FINAL) - 1
_PREMISES = [int(kind) - 1 for kind in (StepKind.CATEGORY, StepKind.ATTRIBUTE)]


def gated(
    rewards: ArrayLike, readable: ArrayLike = True, guessed: Container[int] = ()
) -> Table:
    """``training.reward.rewards.gated`` on a table: the final step is masked where step 3 or 4
    is known to be wrong, except where the rollout cannot be read; it keeps its 0. The rewards
    of ``guessed`` kinds are silver, which is no knowledge."""
    out = np.array(rewards, dtype=np.float64)
    known = [column for column in _PREMISES if column + 1 not in guessed]
    wrong = (out[:, known] < RIGHT).any(axis=1)
    out[wrong & np.broadcast_to(np.asarray(readable), wrong.shape), _FINAL] = np.nan
    return out


def group_normalise(
    rewards: ArrayLike, group: int, mode: Normalise = "step", eps: float = EPS
) -> Table:
    """z[i,k] = (r[i,k] - mean) / (std + eps) over the rollouts of a group that have r[i,k].

    ``step`` takes mean and std per step; ``pooled`` over all steps of the group, as
    DeepSeekMath's process supervision; ``none`` subtracts the mean per step and does not
    scale (Dr. GRPO). std is the sample deviation (n - 1). Fewer than two rewards, or rewards
    that are all equal, teach nothing: 0.

    Args:
        rewards: (N, K), NaN = no reward; N must be a multiple of ``group``.
    Returns:
        (N, K), finite, 0 where no reward exists.
    """
    table = np.asarray(rewards, dtype=np.float64)
    count, steps = table.shape
    if group < 1 or count % group:
        raise ValueError(f"{count} rollouts are not groups of {group}")
    grouped = table.reshape(count // group, group, steps)
    axes = (1, 2) if mode == "pooled" else (1,)
    known = np.isfinite(grouped)
    n = known.sum(axes, keepdims=True)
    filled = np.where(known, grouped, 0.0)
    mean = filled.sum(axes, keepdims=True) / np.maximum(n, 1)
    centred = np.where(known, grouped - mean, 0.0)
    std = np.sqrt(np.square(centred).sum(axes, keepdims=True) / np.maximum(n - 1, 1))
    scaled = centred if mode == "none" else centred / (std + eps)
    # equal rewards leave rounding noise in `centred`, which 1 / eps would turn into a signal
    alive = (n > 1) & (std > 1e-6)
    normal: Table = np.where(alive, scaled, 0.0).reshape(count, steps)
    return normal


def return_to_go(z: ArrayLike, gamma: float = 1.0, layout: Layout = "answer_last") -> Table:
    """A[i,k] = sum over steps j at or after k of gamma^(j - k) z[i,j], in text order.

    In ``answer_first`` the final step comes before the reasoning and cannot answer for it:
    it gets its own reward only, and the reasoning steps do not get the final one.

    Args:
        z: (N, K), columns by kind.
    Returns:
        (N, K), columns by kind.
    """
    table = np.asarray(z, dtype=np.float64)
    order = [int(kind) - 1 for kind in layout_order(layout)]
    out = np.zeros_like(table)
    running = np.zeros(len(table))
    for column in reversed(order):
        if layout == "answer_first" and column == _FINAL:
            out[:, column] = table[:, column]
            continue
        running = table[:, column] + gamma * running
        out[:, column] = running
    return out


def credited_advantages(
    credited: ArrayLike,
    group: int,
    *,
    normalise: Normalise = "step",
    gamma: float = 1.0,
    clamp: float = CLAMP,
    layout: Layout = "answer_last",
) -> tuple[Table, Table]:
    """SRPO: (z, advantages after the clamp), each (N, K), of rewards that the gate or the
    shaping has been through."""
    z = group_normalise(credited, group, normalise)
    return z, np.clip(return_to_go(z, gamma, layout), -clamp, clamp)


def step_advantages(
    rewards: ArrayLike,
    group: int,
    *,
    readable: ArrayLike = True,
    guessed: Container[int] = (),
    gate_final: bool = True,
    normalise: Normalise = "step",
    gamma: float = 1.0,
    clamp: float = CLAMP,
    layout: Layout = "answer_last",
) -> Table:
    """What an SRPO update with these settings gives each step, in the trainer's order: gate,
    normalise, return to go, clamp."""
    table = gated(rewards, readable, guessed) if gate_final else rewards
    _, advantages = credited_advantages(
        table, group, normalise=normalise, gamma=gamma, clamp=clamp, layout=layout
    )
    return advantages


def outcome_advantages(
    credited: ArrayLike, group: int, *, clamp: float = CLAMP
) -> tuple[Table, Table]:
    """GRPO: (z, advantages after the clamp), each (N, K). A_i = (R_i - mean(R)) / (std(R) +
    eps) of the last column is the advantage of every step of rollout i; NaN rewards get 0."""
    table = np.asarray(credited, dtype=np.float64)
    z = np.zeros_like(table)
    z[:, -1:] = group_normalise(table[:, -1:], group)
    return z, np.clip(np.repeat(z[:, -1:], table.shape[1], axis=1), -clamp, clamp)


def zero_variance_share(rewards: ArrayLike, group: int) -> float:
    """Share of groups in which no step tells two rollouts apart: (N, K) to [0, 1]."""
    z = group_normalise(rewards, group)
    return float((np.abs(z.reshape(-1, group * z.shape[1])).max(1) == 0).mean())

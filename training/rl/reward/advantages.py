"""Step rewards to step and token advantages (SHE Eq. 6; design.md section 5). Pure tensors.

Shapes: N rollouts = prompts x G, rollouts of one prompt adjacent; K = 5 steps, column k is
kind k + 1; T completion tokens. NaN in a reward means "no reward exists": such a step takes
part in no mean, no deviation, and gets the value 0.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from annotation.cot.steps import Layout, StepKind, layout_order

Normalise = Literal["step", "pooled", "none"]
EPS = 1e-4  # as TRL's GRPO, so that the two differ in credit only


def group_normalise(
    rewards: Tensor, group: int, mode: Normalise = "step", eps: float = EPS
) -> Tensor:
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
    count, steps = rewards.shape
    if group < 1 or count % group:
        raise ValueError(f"{count} rollouts are not groups of {group}")
    grouped = rewards.reshape(count // group, group, steps)
    dims = (1, 2) if mode == "pooled" else (1,)
    known = torch.isfinite(grouped)
    n = known.sum(dims, keepdim=True)
    filled = torch.where(known, grouped, torch.zeros_like(grouped))
    mean = filled.sum(dims, keepdim=True) / n.clamp(min=1)
    centred = torch.where(known, grouped - mean, torch.zeros_like(grouped))
    std = (centred.square().sum(dims, keepdim=True) / (n - 1).clamp(min=1)).sqrt()
    scaled = centred if mode == "none" else centred / (std + eps)
    # equal rewards leave rounding noise in `centred`, which 1 / eps would turn into a signal
    alive = (n > 1) & (std > 1e-6)
    return torch.where(alive, scaled, torch.zeros_like(scaled)).reshape(count, steps)


def return_to_go(z: Tensor, gamma: float = 1.0, layout: Layout = "answer_last") -> Tensor:
    """A[i,k] = sum over steps j at or after k of gamma^(j - k) z[i,j], in text order.

    In ``answer_first`` the final step comes before the reasoning and cannot answer for it:
    it gets its own reward only, and the reasoning steps do not get the final one.

    Args:
        z: (N, K), columns by kind.
    Returns:
        (N, K), columns by kind.
    """
    order = [int(kind) - 1 for kind in layout_order(layout)]
    final = int(StepKind.FINAL) - 1
    out = torch.zeros_like(z)
    running = torch.zeros_like(z[:, 0])
    for column in reversed(order):
        if layout == "answer_first" and column == final:
            out[:, column] = z[:, column]
            continue
        running = z[:, column] + gamma * running
        out[:, column] = running
    return out


def token_advantages(
    step_advantages: Tensor, token_kinds: Tensor, length_weight: bool = True
) -> Tensor:
    """Spread step advantages over tokens.

    With ``length_weight`` a token of step k weighs T_i / (S_i * len_k): every step of a
    rollout counts the same however long it is, and the mean weight in a rollout is 1, so the
    learning rate keeps its meaning (docs/methods.md).

    Args:
        step_advantages: (N, K).
        token_kinds: (N, T) ints, 1..5 = the token's step, 0 = padding or no step.
    Returns:
        (N, T), 0 where ``token_kinds`` is 0.
    """
    padded = torch.cat([torch.zeros_like(step_advantages[:, :1]), step_advantages], dim=1)
    spread = padded.gather(1, token_kinds)
    if not length_weight:
        return spread
    kinds = torch.arange(1, step_advantages.shape[1] + 1, device=token_kinds.device)
    lengths = (token_kinds.unsqueeze(2) == kinds).sum(1)  # (N, K)
    present = (lengths > 0).sum(1, keepdim=True).clamp(min=1)
    total = lengths.sum(1, keepdim=True)
    weights = total / (present * lengths.clamp(min=1))
    weights = torch.cat([torch.zeros_like(weights[:, :1]), weights], dim=1)
    return spread * weights.gather(1, token_kinds).to(spread.dtype)


def outcome_advantages(rewards: Tensor, group: int, eps: float = EPS) -> Tensor:
    """GRPO: A_i = (R_i - mean(R)) / (std(R) + eps); (N,) to (N,), NaN rewards get 0."""
    return group_normalise(rewards.unsqueeze(1), group, "step", eps).squeeze(1)


def zero_variance_share(rewards: Tensor, group: int) -> float:
    """Share of groups in which no step tells two rollouts apart: (N, K) to [0, 1]."""
    z = group_normalise(rewards, group).reshape(-1, group, rewards.shape[1])
    return float((z.abs().amax((1, 2)) == 0).float().mean())

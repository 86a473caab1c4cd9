"""Step advantages (training.job.advantages) to token advantages. Pure tensors.

Shapes: N rollouts, K = 5 steps with column k for kind k + 1, T completion tokens.
"""

from __future__ import annotations

import torch
from torch import Tensor


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

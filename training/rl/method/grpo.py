"""GRPO through the same trainer: one advantage a rollout from the outcome reward alone.

Everything else (prompts, generation, loss, logging) is shared with SRPO, so a comparison of
the two compares the credit and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from training.job.advantages import Table, outcome_advantages
from training.reward.credit import plain
from training.rl.method.srpo import SRPOTrainer


class GRPOOutcomeTrainer(SRPOTrainer):
    """A_i = (R_i - mean) / (std + eps) with R the final step's reward, or what ``credit`` puts
    in its place; unknown gets 0."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"credit": plain, **kwargs})

    def _step_advantages(
        self, rewards: Sequence[Sequence[float]], group: int
    ) -> tuple[Table, Table]:
        return outcome_advantages(rewards, group, clamp=self.args.advantage_clamp)

    def _spread(self, advantages: Tensor, output: dict[str, Any]) -> Tensor:
        return advantages[:, -1]

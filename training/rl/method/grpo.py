"""GRPO through the same trainer: one advantage a rollout from the outcome reward alone.

Everything else (prompts, generation, loss, logging) is shared with SRPO, so a comparison of
the two compares the credit and nothing else.
"""

from __future__ import annotations

from torch import Tensor

from training.job.types import ScoredRollout
from training.rl.method.srpo import SRPOTrainer
from training.rl.reward.advantages import outcome_advantages


class GRPOOutcomeTrainer(SRPOTrainer):
    """A_i = (R_i - mean) / (std + eps) with R the final step's reward, or what ``credit`` puts
    in its place; unknown gets 0."""

    def _credited(self, rollout: ScoredRollout) -> list[float]:
        # the outcome as it is, unless it is shaped: there are no steps to gate it by
        return rollout.values() if self.credit is None else self.credit(rollout)

    def _advantages(
        self, rewards: Tensor, group: int, own: slice, ids: list[list[int]]
    ) -> Tensor:
        bound = self.args.advantage_clamp
        return outcome_advantages(rewards[:, -1], group)[own].clamp(-bound, bound)

"""PPO with a value head: every token is credited by a critic (GAE), not by the other rollouts
of its group. The older way to finer credit, as a control for SRPO's: same prompts, rollouts,
step rewards and clipped loss. TRL 1.16 has no PPO any more.

Shapes: N rollouts, K = 5 steps with column k for kind k + 1, T completion tokens.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from training.job.types import BadInput
from training.rl.base.processes import world_size
from training.rl.method.rl_method import train_policy
from training.rl.method.srpo import SRPOTrainer
from training.rl.policy.run_folder import Run

CRITIC = "critic.pt"
LAMBDA = 0.95  # of GAE, and the passes, as is usual for PPO on language models
PASSES = 2  # of the critic over the rollouts of an update
PARTS = 4  # critic updates a pass, where micro-batches are not smaller


def train_ppo(run: Run) -> dict[str, Any]:
    """Returns facts for report.json.

    Raises:
        BadInput: several processes; the critic is trained in one.
    """
    if world_size() > 1:
        raise BadInput("ppo trains its critic in one process")
    return train_policy(run, PPOTrainer)


class Critic(nn.Module):
    """A copy of the policy's backbone under a linear head that begins at 0."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.backbone = copy.deepcopy(model.base_model).float().eval()
        self.head = nn.Linear(model.config.get_text_config().hidden_size, 1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """(N, L) ids and mask to (N, L) values of what comes after each token."""
        hidden = self.backbone(input_ids=ids, attention_mask=mask).last_hidden_state
        values: Tensor = self.head(hidden).squeeze(-1)
        return values


class PPOTrainer(SRPOTrainer):
    """SRPO's trainer with a critic's advantages in place of a group's. The critic learns after
    each generation, at the policy's learning rate, and lies in the checkpoints."""

    def __init__(self, model: Any, **kwargs: Any) -> None:
        critic = Critic(model)  # before an adapter is put around the policy
        super().__init__(model, **{**kwargs, "ledger": None})  # no replay has the critic
        self.critic = critic.to(self.accelerator.device)
        rate = self.args.learning_rate
        self.critic_optimizer = torch.optim.AdamW(self.critic.parameters(), lr=rate)

    def _spread(self, advantages: Tensor, output: dict[str, Any]) -> Tensor:
        """(B, T) advantages of the critic; those of the group are left aside."""
        ids = torch.cat([output["prompt_ids"], output["completion_ids"]], dim=1)
        whole = torch.cat([output["prompt_mask"], output["completion_mask"]], dim=1)
        mask = output["completion_mask"].float()
        rewards = token_rewards(self._credited(mask.device), self._token_kinds(output))
        with torch.no_grad():
            parts = zip(*(torch.split(t, self._part) for t in (ids, whole)), strict=True)
            values = torch.cat([self._values(i, w, mask.shape[1]) for i, w in parts]) * mask
        advantages = generalised_advantages(rewards, values, self.args.gamma, LAMBDA)
        if self.model.training:
            self._learn(ids, whole, mask, advantages + values)
            self._metrics["train"]["value_explained"].append(
                explained(advantages + values, values, mask)
            )
        bound = self.args.advantage_clamp
        return whitened(advantages, mask).clamp(-bound, bound)

    @property
    def _part(self) -> int:
        rows = int(self.args.generation_batch_size)
        return max(1, min(int(self.args.per_device_train_batch_size), rows // PARTS))

    def _credited(self, device: torch.device) -> Tensor:
        rewards = [self.credit(rollout) for rollout in self.scored]
        return torch.tensor(rewards, dtype=torch.float32, device=device)

    def _values(self, ids: Tensor, whole: Tensor, tokens: int) -> Tensor:
        """(n, T) values before each completion token."""
        values: Tensor = self.critic(ids, whole)[:, -tokens - 1 : -1]
        return values

    def _learn(self, ids: Tensor, whole: Tensor, mask: Tensor, returns: Tensor) -> None:
        """Fit the critic to the returns; every part has rollouts of many prompts."""
        strides = -(-len(ids) // self._part)
        for _ in range(PASSES):
            for first in range(strides):
                rows = slice(first, None, strides)
                error = self._values(ids[rows], whole[rows], mask.shape[1]) - returns[rows]
                loss = (error.square() * mask[rows]).sum() / mask[rows].sum().clamp(min=1)
                self.critic_optimizer.zero_grad()
                torch.autograd.backward(loss)
                nn.utils.clip_grad_norm_(
                    self.critic.parameters(), self.args.max_grad_norm or float("inf")
                )
                self.critic_optimizer.step()

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        super()._save_checkpoint(model, trial)
        folder = Path(self.args.output_dir) / f"checkpoint-{self.state.global_step}"
        state = {
            "critic": self.critic.state_dict(),
            "optimizer": self.critic_optimizer.state_dict(),
        }
        torch.save(state, folder / CRITIC)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        super()._load_from_checkpoint(resume_from_checkpoint, model)
        state = torch.load(Path(resume_from_checkpoint) / CRITIC, weights_only=True)
        self.critic.load_state_dict(state["critic"])
        self.critic_optimizer.load_state_dict(state["optimizer"])


def token_rewards(rewards: Tensor, kinds: Tensor) -> Tensor:
    """(N, K) step rewards to (N, T): each at the last token of its step. NaN, and a step that
    was not written, reward nothing."""
    out = torch.zeros(kinds.shape, dtype=rewards.dtype, device=rewards.device)
    for column, values in enumerate(rewards.nan_to_num(0.0).T):
        here = kinds == column + 1
        last = here & (here.flip(1).cumsum(1).flip(1) == 1)
        out += last * values.unsqueeze(1)
    return out


def generalised_advantages(rewards: Tensor, values: Tensor, gamma: float, lam: float) -> Tensor:
    """(N, T) each: A_t = d_t + gamma lam A_(t+1), d_t = r_t + gamma V_(t+1) - V_t (Schulman et
    al. 2016, Eq. 16). Rewards and values are 0 behind a rollout's end."""
    out = torch.zeros_like(values)
    running = torch.zeros_like(values[:, 0])
    following = torch.zeros_like(values[:, 0])
    for t in reversed(range(values.shape[1])):
        running = rewards[:, t] + gamma * following - values[:, t] + gamma * lam * running
        out[:, t], following = running, values[:, t]
    return out


def whitened(advantages: Tensor, mask: Tensor, eps: float = 1e-4) -> Tensor:
    """Mean 0 and deviation 1 over all tokens of the update; 0 where ``mask`` is."""
    count = mask.sum().clamp(min=1)
    centred = (advantages - (advantages * mask).sum() / count) * mask
    scaled: Tensor = centred / ((centred.square().sum() / count).sqrt() + eps)
    return scaled


def explained(returns: Tensor, values: Tensor, mask: Tensor) -> float:
    """Share of the returns' variance over tokens that the critic foresaw; NaN without any."""
    known = mask.bool()
    spread = returns[known].var()
    if not spread > 0:
        return float("nan")
    return float(1 - (returns - values)[known].var() / spread)

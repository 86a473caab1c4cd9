"""The tripwire of the TRL seam: if a new TRL stops using our (B, T) advantages, this fails."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
import trl
from torch import Tensor

from annotation.cot.steps import StepKind
from training.job.types import Sample, ScoredRollout, StepReward
from training.reward.sources import by_source
from training.rl.method.grpo import GRPOOutcomeTrainer
from training.rl.method.srpo import SRPOConfig, SRPOTrainer
from training.rl.policy.generate import Decoding
from training.rl.policy.local_rollouts import local_rollouts
from training.rl.policy.model import Policy

pytestmark = pytest.mark.rl


class Turns:
    """Two prompts an update, in turn."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        self.samples, self.heard = samples, 0

    def batch(self, update: int) -> Sequence[Sample]:
        return self.samples[2 * update : 2 * update + 2]

    def observe(self, rollouts: Sequence[ScoredRollout]) -> None:
        self.heard += len(rollouts)


def alternating(
    samples: Sequence[Sample], texts: Sequence[str], cut: Sequence[bool]
) -> list[ScoredRollout]:
    """Every second rollout is right on every step."""
    scored = []
    for place, (sample, text) in enumerate(zip(samples, texts, strict=True)):
        reward = StepReward(float(place % 2), "consensus", "by turn")
        scored.append(
            ScoredRollout(sample.pair_id, text, None, "4", dict.fromkeys(StepKind, reward))
        )
    return scored


def arguments(folder: Path) -> SRPOConfig:
    return SRPOConfig(
        output_dir=str(folder),
        max_steps=3,
        per_device_train_batch_size=4,
        gradient_accumulation_steps=2,
        num_generations=4,
        max_completion_length=24,
        learning_rate=1e-3,
        logging_steps=1,
        save_strategy="no",
        report_to=[],
        shuffle_dataset=False,
        beta=0.0,
        bf16=False,
        remove_unused_columns=False,
        use_cpu=True,
        disable_tqdm=True,
    )


def make(policy: Policy, samples: list[Sample], folder: Path, ours: bool) -> SRPOTrainer:
    torch.manual_seed(0)
    decoding = Decoding(n=4, temperature=1.0, max_tokens=24)
    return SRPOTrainer(
        policy.model,
        args=arguments(folder),
        schedule=Turns(samples),
        scorer=alternating,
        prompt_of=lambda sample: f"query: {sample.text.query}\n",
        processing_class=policy.tokenizer,
        rollout_func=local_rollouts(policy, decoding) if ours else None,
    )


@pytest.mark.parametrize("ours", [True, False], ids=["our sampler", "TRL's generate"])
def test_three_updates_move_every_parameter(
    policy: Policy, samples: list[Sample], tmp_path: Path, ours: bool
) -> None:
    trainer = make(policy, samples, tmp_path, ours)
    before = {name: p.detach().clone() for name, p in policy.model.named_parameters()}
    trainer.train()
    still = [n for n, p in policy.model.named_parameters() if torch.equal(p, before[n])]
    assert not still
    assert isinstance(trainer.schedule, Turns)
    assert trainer.schedule.heard == 3 * 8
    assert by_source(trainer.sources) == {"consensus": 3 * 8 * 5}
    assert trainer.state.global_step == 3


def test_uncredited_tokens_get_no_gradient(
    policy: Policy, samples: list[Sample], tmp_path: Path
) -> None:
    trainer = make(policy, samples, tmp_path, True)
    seen: list[Tensor] = []
    inner = trainer._get_per_token_logps_and_entropies

    def spy(*args: object, **kwargs: object) -> object:
        logps, *rest = inner(*args, **kwargs)
        logps.retain_grad()
        seen.append(logps)
        return (logps, *rest)

    trainer._get_per_token_logps_and_entropies = spy
    trainer.create_optimizer_and_scheduler(3)
    trainer.model.train()
    trainer.state.global_step = 0
    batch = [{"prompt": "", "slot": slot} for slot in (0, 0, 0, 0, 1, 1, 1, 1)]
    output = trainer._generate_and_score_completions(batch)
    assert output["advantages"].shape == output["completion_ids"].shape
    credited = torch.zeros_like(output["advantages"])
    credited[:, :3] = 1
    output["advantages"] = credited
    trainer.current_gradient_accumulation_steps = 1
    trainer.compute_loss(trainer.model, output).backward()
    gradient = seen[-1].grad
    assert gradient is not None
    assert gradient[:, :3].abs().min().item() > 0
    assert gradient[:, 3:].abs().max().item() == 0


def test_grpo_spreads_one_number_over_the_rollout(
    policy: Policy, samples: list[Sample], tmp_path: Path
) -> None:
    trainer = GRPOOutcomeTrainer(
        policy.model,
        args=arguments(tmp_path),
        schedule=Turns(samples),
        scorer=alternating,
        prompt_of=lambda sample: f"query: {sample.text.query}\n",
        processing_class=policy.tokenizer,
    )
    trainer.model.train()
    batch = [{"prompt": "", "slot": slot} for slot in (0, 0, 0, 0, 1, 1, 1, 1)]
    advantages = trainer._generate_and_score_completions(batch)["advantages"]
    assert advantages.shape == (8,)
    assert advantages[0] < 0 < advantages[1]


def test_the_pinned_trl_has_no_ppo_to_compare_with() -> None:
    """Why training/rl/method/ppo.py is ours; when this fails, theirs can replace it."""
    trainers = [name for name in dir(trl) if name.endswith("Trainer")]
    assert "GRPOTrainer" in trainers
    assert not [name for name in trainers if "PPO" in name]

"""SRPO: step-level credit inside TRL's GRPO trainer.

TRL 1.16 accepts advantages of shape (B, T) in its loss, so one method is overridden:
``_generate_and_score_completions`` replaces the scalar advantages by token advantages. The
name is private: TRL is pinned exactly and tests/training/rl/test_srpo_tiny.py is the tripwire.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import torch
from accelerate.utils import gather_object
from datasets import Dataset
from torch import Tensor
from trl import GRPOConfig, GRPOTrainer

from annotation.cot.steps import Layout
from training.job.types import Sample, ScoredRollout
from training.rl.measure.rollout_metrics import rollout_metrics
from training.rl.policy.align import Aligner
from training.rl.policy.tokens import prompt_ids as default_prompt_ids
from training.rl.reward.advantages import (
    Normalise,
    group_normalise,
    return_to_go,
    token_advantages,
    zero_variance_share,
)
from training.rl.reward.rewards import gated, source_counts

# pairs, texts, and which of these were ended by the token budget
Scorer = Callable[[Sequence[Sample], Sequence[str], Sequence[bool]], list[ScoredRollout]]
# the rewards, kinds 1..5, that advantages are made of; NaN = masked
Credit = Callable[[ScoredRollout], list[float]]


class Schedule(Protocol):
    """Decides which prompts an update sees, and hears how they went."""

    def batch(self, update: int) -> Sequence[Sample]: ...

    def observe(self, rollouts: Sequence[ScoredRollout]) -> None: ...


class Planner(Protocol):
    """Makes an update's rollouts itself; may put other prompts in the places of some."""

    masked: list[int]  # rows that must teach nothing
    metrics: dict[str, float]

    def plan(self, update: int, samples: Sequence[Sample]) -> list[Sample]: ...

    def rollouts(self, prompts: list[str], trainer: Any) -> dict[str, Any]: ...


@dataclass
class SRPOConfig(GRPOConfig):
    """GRPOConfig plus the settings of step-level credit."""

    gamma: float = field(default=1.0, metadata={"help": "discount over steps; 1 in SHE"})
    step_normalise: Normalise = field(default="step", metadata={"help": "step|pooled|none"})
    length_weight: bool = field(default=True, metadata={"help": "per-step weight 1/length"})
    advantage_clamp: float = field(default=2.0, metadata={"help": "bound of |advantage|"})
    gate_final: bool = field(
        default=True, metadata={"help": "no tier reward from wrong premises"}
    )
    layout: Layout = field(default="answer_last", metadata={"help": "order of the sections"})


class SRPOTrainer(GRPOTrainer):
    """Dataset rows are slots; the schedule names the pair of a slot when it is generated, so
    that a curriculum can react to the policy and a resumed run continues the same plan."""

    args: SRPOConfig

    def __init__(
        self,
        model: Any,
        *,
        args: SRPOConfig,
        schedule: Schedule,
        scorer: Scorer,
        prompt_of: Callable[[Sample], str],
        processing_class: Any,
        callbacks: list[Any] | None = None,
        rollout_func: Callable[[list[str], Any], dict[str, Any]] | None = None,
        credit: Credit | None = None,
        planner: Planner | None = None,
        peft_config: Any = None,
        prompt_ids: Callable[[str], list[int]] | None = None,
    ) -> None:
        self.credit = credit
        self.planner = planner
        self.schedule = schedule
        self.scorer = scorer
        self.prompt_ids = prompt_ids or partial(default_prompt_ids, processing_class)
        self.prompt_of = prompt_of
        self.scored: list[ScoredRollout] = []
        self.sources: Counter[str] = Counter()  # of the step rewards, over the whole run
        self.spent = {"generation": 0.0, "reward": 0.0}  # seconds of this update
        self.aligner = Aligner(processing_class, args.layout)
        super().__init__(
            model=model,
            reward_funcs=self._outcomes,
            args=args,
            train_dataset=_slots(args),
            processing_class=processing_class,
            callbacks=callbacks,
            rollout_func=planner.rollouts if planner else rollout_func,
            peft_config=peft_config,
        )

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        output: dict[str, Any] = super()._generate_and_score_completions(self._fill(inputs))
        local = self._rewards([rollout.values() for rollout in self.scored])
        credited = self._rewards([self._credited(rollout) for rollout in self.scored])
        if self.planner is not None:
            credited[self.planner.masked] = float("nan")
        group = self.num_generations
        every = self.accelerator.gather(credited)  # a group may span processes
        lengths = output["completion_mask"].sum(1).tolist()
        ids = [
            row[:n] for row, n in zip(output["completion_ids"].tolist(), lengths, strict=True)
        ]
        start = self.accelerator.process_index * len(local)
        own = slice(start, start + len(local))
        output["advantages"] = self._advantages(every, group, own, ids)
        if self.model.training:
            self._record(self.accelerator.gather(local), group)
        return output

    def _advantages(
        self, rewards: Tensor, group: int, own: slice, ids: list[list[int]]
    ) -> Tensor:
        """(N, K) gathered rewards to this process's (B, T) advantages."""
        z = group_normalise(rewards, group, self.args.step_normalise)
        steps = return_to_go(z, self.args.gamma, self.args.layout)[own]
        steps = steps.clamp(-self.args.advantage_clamp, self.args.advantage_clamp)
        width = max((len(row) for row in ids), default=0)
        kinds = torch.zeros((len(ids), width), dtype=torch.long)
        for row, (tokens, rollout) in enumerate(zip(ids, self.scored, strict=True)):
            aligned = self.aligner.kinds(tokens, rollout.text)
            kinds[row, : len(aligned)] = torch.tensor(aligned, dtype=torch.long)
        return token_advantages(steps, kinds.to(steps.device), self.args.length_weight)

    def _fill(self, inputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if not self.model.training:
            return inputs
        samples, update = [], 0
        for row in inputs:
            update, place = divmod(row["slot"], prompts_per_update(self.args))
            samples.append(self.schedule.batch(update)[place])
        if self.planner is not None:
            group = self.num_generations
            started = time.monotonic()
            kept = self.planner.plan(update, samples[::group])
            self.spent["generation"] += time.monotonic() - started
            samples = [sample for sample in kept for _ in range(group)]
        return [{"prompt": self.prompt_of(sample), "sample": sample} for sample in samples]

    def _tokenize_prompts(
        self, prompts: list[str]
    ) -> tuple[list[list[int]], None, dict[str, Any]]:
        return [self.prompt_ids(prompt) for prompt in prompts], None, {}

    def _generate(self, prompts: list[Any]) -> Any:
        started = time.monotonic()
        generated = super()._generate(prompts)
        self.spent["generation"] += time.monotonic() - started
        return generated

    def _outcomes(
        self,
        prompts: list[str],
        completions: list[str],
        completion_ids: list[list[int]],
        sample: list[Sample],
        **_: Any,
    ) -> list[float | None]:
        """TRL's reward function: scores every step once and hands TRL the outcome."""
        started = time.monotonic()
        cut = [not ids or ids[-1] not in self.eos_token_ids for ids in completion_ids]
        self.scored = self.scorer(sample, completions, cut)
        self.spent["reward"] += time.monotonic() - started
        return [rollout.outcome for rollout in self.scored]

    def _credited(self, rollout: ScoredRollout) -> list[float]:
        """The rewards that advantages are made of."""
        if self.credit is not None:
            return self.credit(rollout)
        return gated(rollout) if self.args.gate_final else rollout.values()

    def _rewards(self, values: Sequence[Sequence[float]]) -> Tensor:
        return torch.tensor(values, dtype=torch.float32, device=self.accelerator.device)

    def _record(self, rewards: Tensor, group: int) -> None:
        metrics = self._metrics["train"]
        for column, value in enumerate(rewards.nanmean(0).tolist(), 1):
            metrics[f"reward_step_{column}"].append(value)
        metrics["zero_variance"].append(zero_variance_share(rewards, group))
        if self.planner is not None:
            for name, value in self.planner.metrics.items():
                metrics[name].append(value)
        everyone = gather_object(self.scored)
        for name, value in rollout_metrics(everyone, group).items():
            metrics[name].append(value)
        self.sources.update(source_counts(everyone))
        for name, seconds in self.spent.items():
            metrics[f"seconds_{name}"].append(seconds)
            self.spent[name] = 0.0
        self.schedule.observe(everyone)


def prompts_per_update(args: GRPOConfig) -> int:
    """Prompts in one generation batch, over all processes."""
    return int(args.generation_batch_size) // int(args.num_generations)


def _slots(args: GRPOConfig) -> Dataset:
    count = args.max_steps * prompts_per_update(args)
    return Dataset.from_dict({"prompt": [""] * count, "slot": list(range(count))})

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

import numpy as np
import torch
from accelerate.utils import gather_object
from datasets import Dataset
from torch import Tensor
from trl import GRPOConfig, GRPOTrainer

from annotation.cot.steps import Layout
from training.job.advantages import (
    Normalise,
    Table,
    credited_advantages,
    zero_variance_share,
)
from training.job.types import Sample, ScoredRollout
from training.reward.credit import Credit
from training.reward.rewards import gated
from training.reward.sources import source_counts
from training.rl.measure.rollout_metrics import rollout_metrics
from training.rl.method.ledger_writer import Credited, LedgerWriter
from training.rl.policy.align import Aligner
from training.rl.policy.tokens import prompt_ids as default_prompt_ids
from training.rl.reward.advantages import token_advantages

# pairs, texts, and which of these were ended by the token budget
Scorer = Callable[[Sequence[Sample], Sequence[str], Sequence[bool]], list[ScoredRollout]]


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
        credit: Credit = gated,
        planner: Planner | None = None,
        peft_config: Any = None,
        prompt_ids: Callable[[str], list[int]] | None = None,
        ledger: LedgerWriter | None = None,
    ) -> None:
        self.ledger, self._update = ledger, 0
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
        credited = [self.credit(rollout) for rollout in self.scored]
        for row in self.planner.masked if self.planner else ():
            credited[row] = [float("nan")] * len(credited[row])
        # a group may span processes; and numbers are gathered as they are, in double precision
        everyone: list[ScoredRollout] = gather_object(self.scored)
        rewards = gather_object(credited)
        z, advantages = self._step_advantages(rewards, self.num_generations)
        start = self.accelerator.process_index * len(self.scored)
        own = torch.tensor(
            advantages[start : start + len(self.scored)],
            dtype=torch.float32,
            device=self.accelerator.device,
        )
        output["advantages"] = self._spread(own, output)
        if self.model.training:
            self._record(everyone)
            if self.ledger is not None:
                unfilled = frozenset(self.planner.masked if self.planner else ())
                update = Credited(everyone, rewards, z, advantages, unfilled)
                self.ledger.write(self._update + 1, self.num_generations, update)
        return output

    def _step_advantages(
        self, rewards: Sequence[Sequence[float]], group: int
    ) -> tuple[Table, Table]:
        """(N, K) gathered rewards to z and the advantages after the clamp, each (N, K)."""
        args = self.args
        return credited_advantages(
            rewards,
            group,
            normalise=args.step_normalise,
            gamma=args.gamma,
            layout=args.layout,
            clamp=args.advantage_clamp,
        )

    def _spread(self, advantages: Tensor, output: dict[str, Any]) -> Tensor:
        """(B, K) step advantages of this process to what TRL's loss takes: here (B, T)."""
        return token_advantages(advantages, self._token_kinds(output), self.args.length_weight)

    def _token_kinds(self, output: dict[str, Any]) -> Tensor:
        """(B, T) the step of every token of this process's completions, 0 = padding."""
        ids, lengths = output["completion_ids"], output["completion_mask"].sum(1).tolist()
        kinds = torch.zeros_like(ids)
        for row, (length, rollout) in enumerate(zip(lengths, self.scored, strict=True)):
            aligned = self.aligner.kinds(ids[row, :length].tolist(), rollout.text)
            kinds[row, :length] = torch.tensor(aligned, dtype=torch.long)
        return kinds

    def _fill(self, inputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if not self.model.training:
            return inputs
        samples, update = [], 0
        for row in inputs:
            update, place = divmod(row["slot"], prompts_per_update(self.args))
            samples.append(self.schedule.batch(update)[place])
        self._update = update
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

    def _record(self, everyone: Sequence[ScoredRollout]) -> None:
        metrics, group = self._metrics["train"], self.num_generations
        rewards = np.array([rollout.values() for rollout in everyone])
        for column, values in enumerate(rewards.T, 1):
            known = values[np.isfinite(values)]
            metrics[f"reward_step_{column}"].append(
                float(known.mean()) if len(known) else float("nan")
            )
        metrics["zero_variance"].append(zero_variance_share(rewards, group))
        if self.planner is not None:
            for name, value in self.planner.metrics.items():
                metrics[name].append(value)
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

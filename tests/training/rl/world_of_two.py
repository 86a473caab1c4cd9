"""One of the processes of test_processes.py: three updates of SRPO on rollouts that are given,
not sampled, so that one process and two see the same. Writes what it computed as JSON."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from training.rl.policy.model import load_policy

# isort: split
from annotation.cot.steps import StepKind
from tests.training.rl.tiny import answer, make_samples
from training.job.types import Sample, ScoredRollout, StepReward
from training.rl.base.processes import is_main, join, leave, world_size
from training.rl.method.srpo import SRPOConfig, SRPOTrainer

SAMPLES = make_samples()
BY_PROMPT = {f"{sample.pair_id}:": sample for sample in SAMPLES}
PROMPTS, GROUP, UPDATES = 1, 8, 2  # half of a group on each of two processes


class Turns:
    def batch(self, update: int) -> Sequence[Sample]:
        return SAMPLES[PROMPTS * update : PROMPTS * (update + 1)]

    def observe(self, rollouts: Sequence[ScoredRollout]) -> None:
        assert len(rollouts) == PROMPTS * GROUP


class Seen(SRPOTrainer):
    """Keeps the token advantages of each update, padding left out."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.seen: list[list[list[float]]] = []
        super().__init__(*args, **kwargs)

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        output = super()._generate_and_score_completions(inputs)
        lengths = output["completion_mask"].sum(1).tolist()
        rows = output["advantages"].tolist()
        self.seen.append([row[:n] for row, n in zip(rows, lengths, strict=True)])
        return output


def place_of(row: int) -> int:
    """The rollout's place among all of the update, of this process's ``row``."""
    return int(os.environ.get("RANK", "0")) * (PROMPTS * GROUP // world_size()) + row


def scored(
    samples: Sequence[Sample], texts: Sequence[str], cut: Sequence[bool]
) -> list[ScoredRollout]:
    """Rewards from the place alone: step k of rollout p is (p * k) % 3 / 2, one step masked."""
    rollouts = []
    for row, (sample, text) in enumerate(zip(samples, texts, strict=True)):
        place = place_of(row)
        rewards = {
            kind: StepReward((place * int(kind)) % 3 / 2, "consensus", "by place")
            for kind in StepKind
        }
        if place == 5:
            rewards[StepKind.CATEGORY] = StepReward(None, None, "unknown")
        rollouts.append(ScoredRollout(sample.pair_id, text, None, "4", rewards))
    return rollouts


def main(policy_dir: str, out: str) -> None:
    join()
    policy = load_policy(policy_dir)
    encode = policy.tokenizer

    def given(prompts: list[str], trainer: Any) -> dict[str, Any]:
        texts = [answer(BY_PROMPT[p], bool(place_of(i) % 2)) for i, p in enumerate(prompts)]
        ids = [[*encode(text)["input_ids"], encode.eos_token_id] for text in texts]
        rows = [encode(prompt)["input_ids"] for prompt in prompts]
        return {"prompt_ids": rows, "completion_ids": ids, "logprobs": None}

    trainer = Seen(
        policy.model,
        args=SRPOConfig(
            output_dir=f"{out}-checkpoints",
            max_steps=UPDATES,
            per_device_train_batch_size=PROMPTS * GROUP // world_size(),
            num_generations=GROUP,
            max_completion_length=160,
            learning_rate=1e-3,
            save_strategy="no",
            report_to=[],
            shuffle_dataset=False,
            beta=0.0,
            bf16=False,
            remove_unused_columns=False,
            use_cpu=True,
            disable_tqdm=True,
        ),
        schedule=Turns(),
        scorer=scored,
        prompt_of=lambda sample: f"{sample.pair_id}:",
        processing_class=policy.tokenizer,
        rollout_func=given,
    )
    trainer.train()
    weights = [float(p.double().sum()) for p in policy.model.parameters()]
    body = {"main": is_main(), "advantages": trainer.seen, "weights": weights}
    Path(out).write_text(json.dumps(body), encoding="utf-8")
    leave()


if __name__ == "__main__":
    main(*sys.argv[1:])

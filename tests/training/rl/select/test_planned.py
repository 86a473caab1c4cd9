"""Rollouts made before TRL asks: guided, refilled, or just what would have been sampled."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.training.rl.tiny import make_run
from training.job.config import RlConfig
from training.job.files import read_finished_jsonl
from training.job.prompts import policy_prompt
from training.job.types import Sample, ScoredRollout
from training.reward.rewards import HybridRewards
from training.rl.policy.generate import Decoding
from training.rl.policy.local_rollouts import local_rollouts
from training.rl.policy.model import Policy
from training.rl.select.planned import PlannedRollouts
from training.rl.train import main
from verifier.truth import TruthTable

pytestmark = pytest.mark.rl
DECODING = Decoding(n=4, temperature=1.0, max_tokens=90, batch_size=64)


class Spare:
    """Hands out the samples it was given, and remembers what it heard."""

    def __init__(self, samples: Sequence[Sample] = ()) -> None:
        self.left, self.heard = list(samples), 0

    def refill(self, dropped: Sequence[Sample]) -> list[Sample | None]:
        return [self.left.pop(0) if self.left else None for _ in dropped]

    def observe(self, rollouts: Sequence[ScoredRollout]) -> None:
        self.heard += len(rollouts)


def planner(policy: Policy, spare: Spare, **settings: Any) -> PlannedRollouts:
    judge = HybridRewards(TruthTable())
    return PlannedRollouts(policy, DECODING, RlConfig(**settings), judge, spare)


def impossible(policy: Policy, sample: Sample) -> tuple[Sample, str]:
    """The same pair with a tier that the policy's first plan does not say of it."""
    plan = planner(policy, Spare())
    plan.plan(0, [sample])
    rows = plan.rollouts([], None)["completion_ids"]
    texts = [policy.tokenizer.decode(row) for row in rows]
    unsaid = next(tier for tier in "2314" if all(f"tier: {tier}" not in t for t in texts))
    truth = {k: replace(t, value=unsaid) if k == 5 else t for k, t in sample.truth.items()}
    return replace(sample, truth=truth), unsaid


def test_a_plan_without_any_option_is_what_trl_would_have_been_given(
    policy: Policy, samples: list[Sample]
) -> None:
    plan = planner(policy, Spare())
    assert plan.plan(3, samples[:2]) == samples[:2]
    prompts = [
        policy_prompt(s.text, policy.style, version="1") for s in samples[:2] for _ in range(4)
    ]
    trainer = SimpleNamespace(state=SimpleNamespace(global_step=3))
    assert plan.rollouts(prompts, trainer) == local_rollouts(policy, DECODING)(prompts, trainer)
    assert plan.masked == []
    assert plan.metrics["sampled"] == 8


def test_guided_rollouts_bring_right_answers_into_a_group_that_had_none(
    policy: Policy, samples: list[Sample]
) -> None:
    sample, unsaid = impossible(policy, samples[1])
    before = planner(policy, Spare())
    before.plan(0, [sample])
    assert before.metrics["zero_variance_before"] == 1.0
    plan = planner(policy, Spare(), replay=True)
    plan.plan(0, [sample])
    assert plan.metrics["zero_variance_before"] == 1.0
    assert plan.metrics["zero_variance_after"] == 0.0
    assert plan.metrics["failing"] == 1.0
    assert 0 < plan.metrics["replayed"] <= 0.5
    old = before.rollouts([], None)["completion_ids"]
    new = plan.rollouts([], None)["completion_ids"]
    assert old[2:] == new[2:]  # half of the group stays as it was sampled
    texts = [policy.tokenizer.decode(row, skip_special_tokens=True) for row in new]
    assert any(f"tier: {unsaid}" in text for text in texts[:2])
    assert plan.rollouts([], None)["prompt_ids"] == before.rollouts([], None)["prompt_ids"]


def test_groups_that_teach_nothing_are_replaced_and_the_rest_is_masked(
    policy: Policy, samples: list[Sample]
) -> None:
    spare = Spare(samples[2:3])
    plan = planner(policy, spare, dynamic=True, refill_tries=2, max_right=0.01)
    kept = plan.plan(0, samples[:2])
    assert [sample.pair_id for sample in kept] == ["2", "1"]
    assert plan.metrics["refills"] == 1
    assert plan.metrics["unfilled"] == 1.0
    assert plan.masked == list(range(8))
    assert spare.heard == 16  # two groups of four, at both tries
    assert plan.metrics["sampled"] == 12


def test_an_agrl_run_replays_shapes_and_says_so(
    tmp_path: Path, policy_dir: Path, samples: list[Sample]
) -> None:
    folder = tmp_path / "run"
    make_run(folder, policy_dir, samples, method="agrl")
    assert main([str(folder)]) == 0
    rows = read_finished_jsonl(folder / "metrics.jsonl")
    assert len(rows) == 3
    assert all(row["zero_variance_after"] <= row["zero_variance_before"] for row in rows)
    assert json.loads((folder / "report.json").read_text())["method"] == "agrl"


def test_a_shaped_gated_srpo_run_with_dynamic_sampling_counts_what_it_did(
    tmp_path: Path, policy_dir: Path, samples: list[Sample]
) -> None:
    folder = tmp_path / "run"
    rl = {"updates": 2, "prompts": 2, "group": 4, "micro_batch": 4, "max_tokens": 90,
          "save_every": 1, "shaping": "rules", "dynamic": True}  # fmt: skip
    gate = {"first_share": 0.5, "gate": 1.0, "gate_pairs": 4, "gate_every": 1}
    make_run(folder, policy_dir, samples, rl=rl, curriculum=gate)
    assert main([str(folder)]) == 0
    rows = read_finished_jsonl(folder / "metrics.jsonl")
    assert all(row["sampled"] >= 8 for row in rows)
    ((update, stage, rate),) = json.loads((folder / "report.json").read_text())["gates"]
    assert (update, stage) == (1, 1)
    assert 0 <= rate <= 1
    assert [row["stage"] for row in rows] == ([1, 1] if rate < 1 else [1, 2])

"""What the arms of a suite differ in."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import tomli_w

from annotation.cot.rules import DEFAULT_RULES, parse_rules
from annotation.cot.steps import OPEN_KINDS
from lab.compare.arms import SUITES, Arm, arms_of
from lab.compare.benchmark import sample_benchmark
from lab.compare.cells import over
from lab.compare.misreading import misread_rows, misread_verdicts
from training.job.config import RunConfig, parse_config
from training.job.data import sample_of
from training.job.toml_tables import to_toml
from training.reward.noise import noisy
from verifier.truth import TruthTable


def arms(suite: str) -> dict[str, Arm]:
    return {arm.name: arm for arm in SUITES[suite]}


def config_of(arm: Arm) -> RunConfig:
    return parse_config(tomli_w.dumps(over({"policy": "m"}, arm.settings)))


def differing(one: Arm, other: Arm) -> set[str]:
    lines = [set(to_toml(config_of(arm)).splitlines()) for arm in (one, other)]
    return {line.partition(" = ")[0] for line in lines[0] ^ lines[1]}


def test_each_arm_of_granularity_adds_one_thing_to_bare_step_credit() -> None:
    suite = arms("granularity")
    bare = suite["step_bare"]
    assert differing(bare, suite["step_gate"]) == {"gate_final"}
    assert differing(bare, suite["step_length"]) == {"length_weight"}
    assert differing(bare, suite["step_rm"]) == {"least_kappa"}, "asked on every step"
    assert differing(bare, suite["step_rm_reliable"]) == set()
    assert [suite[name].rm for name in ("step_bare", "step_gate", "step_rm")] == ["", "", "rm"]


def test_all_arms_of_granularity_see_the_same_prompts_and_draw_as_much() -> None:
    configs = [config_of(arm) for arm in SUITES["granularity"] if not arm.judges]
    for one, other in pairwise(configs):
        assert (one.sampling, one.curriculum) == (other.sampling, other.curriculum)
    assert not any(config.rl.dynamic or config.rl.replay for config in configs)
    assert not any(arm.start for arm in SUITES["granularity"])


def test_taosr1_answers_first_learns_from_pass_at_n_and_balances_the_tiers() -> None:
    chain = arms_of("paper", ["taosr1"])
    assert [arm.name for arm in chain] == ["sft_first", "dpo_first", "taosr1"]
    sft, dpo, grpo = (config_of(arm) for arm in chain)
    assert (sft.layout, dpo.fit.pairs, grpo.rl.dynamic) == ("answer_first", "pass_at_n", True)
    assert (grpo.sampling.rejection, grpo.sampling.label_balanced) == (True, True)
    assert grpo.sampling.keep_mastered == 0, "what all rollouts get right is dropped"


def test_an_arm_with_noise_has_it_in_its_reward_model_and_its_validation_too() -> None:
    suite = arms("noise")
    srpo = suite["srpo_noise_30"]
    assert config_of(srpo).rewards.label_noise == srpo.noise == suite[srpo.rm].noise == 0.3


def test_a_value_that_is_wrong_in_the_rewards_is_wrong_in_the_labels_as_well() -> None:
    rows = sample_benchmark(train_pairs=60, a_type=1, wild_pairs=1, dev_pairs=1).train
    misread = misread_rows(rows, 0.3, seed=4)
    _, samples = noisy(
        TruthTable(), [sample_of(row) for row in rows], 0.3, 4, parse_rules(DEFAULT_RULES)
    )
    for row, sample in zip(misread, samples, strict=True):
        values = {str(int(kind)): truth.value for kind, truth in sample.truth.items()}
        assert {kind: entry["value"] for kind, entry in row["truth"].items()} == values
    changed = sum(
        new["truth"][kind] != old["truth"][kind]
        for new, old in zip(misread, rows, strict=True)
        for kind in old["truth"]
    )
    assert 35 <= changed <= 75  # 54 of 180 are expected
    assert misread_rows(rows, 0.0, seed=4) == rows


def test_verdicts_on_open_steps_are_turned_round_as_often() -> None:
    lines: list[dict[str, Any]] = [
        {
            "pair_id": f"p{number}",
            "verdicts": {"1": "correct", "2": "incorrect", "5": "correct"},
        }
        for number in range(100)
    ]
    noised = [misread_verdicts(line, 0.3, seed=0)["verdicts"] for line in lines]
    turned = [
        row[str(int(kind))] != line["verdicts"][str(int(kind))]
        for row, line in zip(noised, lines, strict=True)
        for kind in OPEN_KINDS
    ]
    assert 40 <= sum(turned) <= 80  # 60 of 200 are expected
    assert {row["5"] for row in noised} == {"correct"}, "it follows from the value"

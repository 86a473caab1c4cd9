"""Any number of stages, their orders, and gates on held-out prompts."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from tests.training.rl.tiny import answer, make_samples
from training.job.config import CurriculumConfig
from training.job.types import Sample
from training.reward.rewards import HybridRewards
from training.rl.select.curriculum import Curriculum
from training.rl.select.sampling import Prompt
from training.rl.select.stages import hold_out, stage_plan
from verifier.truth import TruthTable

SAMPLES = make_samples()
POOL = [Prompt(sample, number / 48, 1) for number, sample in enumerate(SAMPLES)]


def plan(updates: int = 10, **settings: Any) -> list[list[float]]:
    stages = stage_plan(POOL, [], CurriculumConfig(**settings), updates, seed=0)
    assert sum(stage.updates for stage in stages) == updates
    return [[48 * prompt.difficulty for prompt in stage.pool] for stage in stages]


def test_three_stages_cut_the_pool_into_thirds_from_easy_to_hard() -> None:
    parts = plan(stages=3)
    assert [(min(part), max(part)) for part in parts] == [(0, 16), (16, 32), (32, 47)]


def test_the_first_share_goes_to_the_easiest_part_and_the_rest_is_divided_evenly() -> None:
    config = CurriculumConfig(stages=3, first_share=0.2)
    stages = stage_plan(POOL, [], config, 10, seed=0)
    assert [stage.updates for stage in stages] == [2, 4, 4]
    assert [stage.balance for stage in stages] == [0, 0, 1]  # type, type, tier


def test_hard_to_easy_is_the_same_parts_backwards() -> None:
    config = CurriculumConfig(stages=2, first_share=0.3)
    forth = stage_plan(POOL, [], config, 10, seed=0)
    config = CurriculumConfig(stages=2, first_share=0.3, order="hard_to_easy")
    back = stage_plan(POOL, [], config, 10, seed=0)
    assert back == forth[::-1]
    assert [stage.updates for stage in back] == [7, 3]


def test_a_random_order_keeps_the_sizes_and_ignores_the_difficulty() -> None:
    easy, hard = plan(order="random")
    assert 22 <= len(easy) <= 26
    assert 22 <= len(hard) <= 26
    assert min(hard) < 12
    assert max(easy) > 36


def test_no_order_is_one_stage_that_serves_every_prompt_before_any_comes_again() -> None:
    config = CurriculumConfig(order="none")
    curriculum = Curriculum(POOL, config, updates=8, prompts=6, seed=0)
    curriculum.observe(HybridRewards(TruthTable()).score([SAMPLES[1]], [answer(SAMPLES[1])]))
    seen = [sample.pair_id for update in range(8) for sample in curriculum.batch(update)]
    assert len(set(seen)) == 48
    assert {curriculum.stage(update) for update in range(8)} == {1}


class Gate:
    """A probe that answers from a list and remembers what it was asked."""

    def __init__(self, *rates: float) -> None:
        self.rates, self.times = list(rates), 0

    def __call__(self, samples: Sequence[Sample]) -> float:
        self.times += 1
        self.validation = {sample.pair_id for sample in samples}
        return self.rates.pop(0)


def gated(probe: Gate, **settings: Any) -> Curriculum:
    config = CurriculumConfig(
        stages=2, first_share=0.2, gate=0.8, gate_pairs=8, gate_every=2, **settings
    )
    return Curriculum(POOL, config, updates=10, prompts=4, seed=0, probe=probe)


def test_a_stage_goes_on_until_its_held_out_prompts_are_right_often_enough() -> None:
    gate = Gate(0.5, 0.79, 0.8)
    curriculum = gated(gate)
    for update in range(10):
        curriculum.batch(update)
    assert curriculum.gates == [(2, 1, 0.5), (4, 1, 0.79), (6, 1, 0.8)]
    assert [curriculum.stage(update) for update in range(10)] == [1] * 6 + [2] * 4


def test_the_last_stage_asks_nothing() -> None:
    gate = Gate(1.0)
    curriculum = gated(gate)
    for update in range(10):
        curriculum.batch(update)
    assert gate.times == 1


def test_the_gate_is_measured_on_prompts_that_are_never_trained_on() -> None:
    gate = Gate(1.0)
    curriculum = gated(gate)
    trained = {sample.pair_id for update in range(60) for sample in curriculum.batch(update)}
    assert gate.validation
    assert not gate.validation & trained


def test_at_most_a_fifth_is_held_out() -> None:
    rest, validation = hold_out(POOL[:10], 48, seed=0)
    assert (len(rest), len(validation)) == (8, 2)


def test_a_resumed_gate_knows_where_its_stage_began() -> None:
    straight, stopped = gated(Gate(0.5, 1.0)), gated(Gate(0.5, 1.0))
    for update in range(5):
        straight.batch(update)
        stopped.batch(update)
    resumed = gated(Gate())
    resumed.load_state_dict(json.loads(json.dumps(stopped.state_dict())))
    assert resumed.stage(4) == 2
    assert [straight.batch(u) for u in (5, 6)] == [resumed.batch(u) for u in (5, 6)]
    assert resumed.gates == straight.gates


@pytest.mark.parametrize("order", ["easy_to_hard", "hard_to_easy", "random", "none"])
def test_every_order_uses_every_prompt(order: str) -> None:
    assert {number for part in plan(order=order) for number in part} == set(range(48))

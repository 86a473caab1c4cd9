import json
from collections import Counter
from dataclasses import replace

import pytest

from tests.training.rl.tiny import answer, make_samples
from training.job.config import CurriculumConfig
from training.job.types import BadInput, ScoredRollout
from training.reward.rewards import HybridRewards
from training.rl.select.curriculum import Curriculum
from training.rl.select.sampling import Prompt
from verifier.truth import TruthTable

SAMPLES = make_samples()
POOL = [Prompt(sample, number / 48, 1) for number, sample in enumerate(SAMPLES)]


def make(stages: int = 2) -> Curriculum:
    config = CurriculumConfig(stages=stages, first_share=0.5)
    return Curriculum(POOL, config, updates=10, prompts=6, seed=0)


def group(number: int, wrong: int) -> list[ScoredRollout]:
    sample = SAMPLES[number]
    texts = [answer(sample, wrong=place < wrong) for place in range(4)]
    return HybridRewards(TruthTable()).score([sample] * 4, texts)


def difficulty(curriculum: Curriculum, update: int) -> list[float]:
    return [int(sample.pair_id) / 48 for sample in curriculum.batch(update)]


def test_easier_prompts_come_first_and_harder_ones_later() -> None:
    curriculum = make()
    assert [curriculum.stage(update) for update in (0, 4, 5, 9)] == [1, 1, 2, 2]
    assert max(difficulty(curriculum, 0)) <= 0.5
    assert min(difficulty(curriculum, 5)) >= 0.5


def test_the_first_stage_is_balanced_by_query_type_and_the_second_by_tier() -> None:
    curriculum = make()
    first = Counter(s.query_type for s in curriculum.batch(0))
    tiers = Counter(p.cell[1] for s in curriculum.batch(5) for p in POOL if p.sample is s)
    assert first == {"general": 3, "negation": 3}
    assert tiers == {"1": 2, "2": 2, "4": 2}


def test_one_stage_uses_the_whole_pool() -> None:
    curriculum = make(stages=1)
    seen = {s.pair_id for update in range(10) for s in curriculum.batch(update)}
    assert len(seen) == 48


def test_asking_twice_for_an_update_answers_alike() -> None:
    curriculum = make()
    assert curriculum.batch(0) == curriculum.batch(0)
    assert curriculum.batch(1) != curriculum.batch(0)


def test_a_mastered_prompt_rests_until_nothing_else_is_left() -> None:
    two = [replace(POOL[1], difficulty=0.5), replace(POOL[3], difficulty=0.5)]
    curriculum = Curriculum(two, CurriculumConfig(stages=1), updates=9, prompts=1, seed=0)
    curriculum.observe(group(1, wrong=0))
    assert [curriculum.batch(u)[0].pair_id for u in range(3)] == ["3", "3", "3"]
    curriculum.observe(group(3, wrong=0))
    assert curriculum.batch(3)[0].pair_id == "1"
    curriculum.observe(group(3, wrong=1))
    assert curriculum.batch(4)[0].pair_id == "3"


def test_a_resumed_curriculum_goes_on_with_the_same_prompts() -> None:
    straight, stopped = make(), make()
    for curriculum in (straight, stopped):
        for update in range(3):
            curriculum.batch(update)
        curriculum.observe(group(1, wrong=0))
    resumed = make()
    resumed.load_state_dict(json.loads(json.dumps(stopped.state_dict())))
    assert [straight.batch(u) for u in (3, 4, 5)] == [resumed.batch(u) for u in (3, 4, 5)]


def test_admitted_prompts_join_the_pool_once() -> None:
    one = Curriculum(POOL[:1], CurriculumConfig(stages=1), updates=9, prompts=4, seed=0)
    one.admit(POOL[:4])
    assert {s.pair_id for s in one.batch(0)} == {"0", "1", "2", "3"}


def test_an_empty_pool_is_refused() -> None:
    with pytest.raises(BadInput, match="nothing to learn from"):
        Curriculum([], CurriculumConfig(), updates=1, prompts=1, seed=0)


def test_a_refill_is_another_prompt_of_the_same_cell_that_was_not_used_yet() -> None:
    curriculum = make()
    first = list(curriculum.batch(5))  # stage 2: balanced by tier
    again = curriculum.refill(first)
    assert None not in again
    tiers = [[p.cell[1] for p in POOL if p.sample is s] for s in first]
    assert [[p.cell[1] for p in POOL if p.sample is s] for s in again] == tiers
    assert not {s.pair_id for s in first} & {s.pair_id for s in again if s}


def test_a_cell_with_nothing_else_gives_no_refill() -> None:
    curriculum = Curriculum(POOL[:1], CurriculumConfig(), updates=1, prompts=1, seed=0)
    assert curriculum.refill(curriculum.batch(0)) == [None]

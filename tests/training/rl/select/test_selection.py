from dataclasses import replace

import pytest

from annotation.cot.steps import StepKind
from tests.training.rl.tiny import answer, make_samples
from training.job.config import SamplingConfig
from training.job.types import Sample, ScoredRollout, StepReward
from training.reward.rewards import HybridRewards
from training.reward.signature import signature
from training.rl.select.sampling import Prompt, diverse, label_cv, measure, select
from verifier.truth import TruthTable

SAMPLES = make_samples()


def rollouts(sample: Sample, right: int, wrong: int) -> list[ScoredRollout]:
    texts = [answer(sample)] * right + [answer(sample, wrong=True)] * wrong
    return HybridRewards(TruthTable()).score([sample] * len(texts), texts)


def test_difficulty_is_one_less_the_pass_rate() -> None:
    prompt = measure(rollouts(SAMPLES[1], 3, 1), SAMPLES[1])
    assert prompt is not None
    assert prompt.difficulty == 0.25
    assert prompt.signatures == 2


def test_prompts_without_a_signal_are_dropped_and_counted_by_reason() -> None:
    unknown = replace(SAMPLES[4], truth={})
    masked = dict.fromkeys(StepKind, StepReward(None, None, "no ground truth"))
    groups = [
        (SAMPLES[1], rollouts(SAMPLES[1], 2, 2)),
        (SAMPLES[2], rollouts(SAMPLES[2], 4, 0)),
        (SAMPLES[3], rollouts(SAMPLES[3], 0, 4)),
        (unknown, [replace(r, rewards=masked) for r in rollouts(SAMPLES[4], 2, 2)]),
    ]
    selection = select(groups, SamplingConfig(keep_mastered=0.0), seed=0)
    assert [prompt.sample.pair_id for prompt in selection.kept] == ["1"]
    assert selection.counts == {
        "dropped_all_right": 1,
        "dropped_all_wrong": 1,
        "dropped_no_truth": 1,
        "dropped_over_keep_max": 0,
        "kept_all_right": 0,
        "kept_mixed": 1,
    }


def test_a_share_of_what_is_mastered_stays_as_an_anchor() -> None:
    mixed = [(s, rollouts(s, 1, 1)) for s in SAMPLES[:4]]
    mastered = [(s, rollouts(s, 2, 0)) for s in SAMPLES[4:12]]
    selection = select(mixed + mastered, SamplingConfig(keep_mastered=0.5), seed=0)
    assert selection.counts["kept_all_right"] == 2
    assert selection.counts["dropped_all_right"] == 6


def prompt(number: int, query_type: str, signatures: int = 1) -> Prompt:
    base = SAMPLES[1]
    sample = replace(base, pair_id=str(number), query_type=query_type)
    return Prompt(sample, 0.5, signatures)


def test_a_rare_query_type_is_not_crowded_out() -> None:
    pool = [prompt(n, "general") for n in range(20)] + [prompt(20 + n, "qa") for n in range(3)]
    kept = diverse(pool, 6, seed=0)
    assert sum(p.sample.query_type == "qa" for p in kept) == 3


def test_prompts_with_more_lines_of_reasoning_come_first() -> None:
    pool = [prompt(n, "general", signatures=n) for n in range(1, 6)]
    assert [p.signatures for p in diverse(pool, 2, seed=0)] == [5, 4]


def test_the_same_seed_keeps_the_same_prompts() -> None:
    pool = [prompt(n, "general") for n in range(30)]
    first, again, other = (diverse(pool, 10, seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize("text", ["", answer(SAMPLES[0])[:60]])
def test_missing_claims_are_part_of_a_signature(text: str) -> None:
    assert signature(text) == ("?", "?", "?")


def test_claims_make_the_signature() -> None:
    truth = SAMPLES[1].truth
    expected = tuple(truth[kind].value for kind in sorted(truth))
    assert signature(answer(SAMPLES[1])) == expected


def test_without_rejection_every_prompt_with_a_truth_stays() -> None:
    groups = [
        (SAMPLES[1], rollouts(SAMPLES[1], 2, 2)),
        (SAMPLES[2], rollouts(SAMPLES[2], 4, 0)),
        (SAMPLES[3], rollouts(SAMPLES[3], 0, 4)),
    ]
    selection = select(groups, SamplingConfig(rejection=False), seed=0)
    assert {p.sample.pair_id: p.difficulty for p in selection.kept} == {
        "1": 0.5,
        "2": 0,
        "3": 1,
    }
    assert selection.counts == {"dropped_over_keep_max": 0, "kept_unfiltered": 3}


def test_without_diversity_the_cut_is_a_seeded_lottery() -> None:
    groups = [(s, rollouts(s, 1, 1)) for s in SAMPLES]
    config = SamplingConfig(diverse=False, keep_max=12)
    kept = [p.sample.pair_id for p in select(groups, config, seed=0).kept]
    assert len(kept) == 12
    assert kept == [p.sample.pair_id for p in select(groups, config, seed=0).kept]
    assert kept != [p.sample.pair_id for p in select(groups, config, seed=1).kept]
    balanced = select(groups, replace(config, diverse=True), seed=0).kept
    assert kept != [p.sample.pair_id for p in balanced]


def test_a_label_balanced_pool_has_as_many_prompts_of_every_tier() -> None:
    groups = [(s, rollouts(s, 1, 1)) for s in SAMPLES]
    config = SamplingConfig(label_balanced=True, keep_mastered=0.0)
    selection = select(groups, config, seed=0)
    tiers = [prompt.cell[1] for prompt in selection.kept]
    assert {tier: tiers.count(tier) for tier in tiers} == dict.fromkeys("421", 8)
    assert label_cv(selection.kept) == 0.0
    assert selection.counts["dropped_label_balance"] == 24


def test_the_coefficient_of_variation_is_deviation_over_mean() -> None:
    one = [prompt(n, "general") for n in range(4)]  # tier 4
    other = Prompt(SAMPLES[0], 0.5, 1)
    assert label_cv([*one, other, other]) == pytest.approx(1 / 3)  # counts 4 and 2
    assert label_cv([]) == 0.0

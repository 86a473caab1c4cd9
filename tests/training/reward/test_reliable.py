"""A reward model rewards the steps on which people agree with it, and no others."""

from __future__ import annotations

import pytest

from annotation.cot.steps import OPEN_KINDS, StepKind
from tests.training.reward.test_rewards import RIGHT, Halves, values
from tests.training.rl.tiny import make_samples
from training.reward.reliable import EVERY, Kappas, doubted, kappas_of
from training.reward.rewards import HybridRewards, RewardMode
from verifier.truth import TruthTable

SAMPLE = make_samples()[1]
WEAK_ON_ITEMS: Kappas = {StepKind.QUERY: 0.41, StepKind.ITEM: 0.39}


def judge(kappa: Kappas) -> Halves:
    model = Halves()
    model.kappa = kappa
    return model


@pytest.mark.parametrize(
    ("kappas", "least", "left_out"),
    [
        (WEAK_ON_ITEMS, 0.4, {StepKind.ITEM: 0.39}),
        (WEAK_ON_ITEMS, 0.41, {StepKind.ITEM: 0.39}),
        (WEAK_ON_ITEMS, 0.0, {}),
        (WEAK_ON_ITEMS, EVERY, {}),
        ({StepKind.QUERY: None}, 0.4, {StepKind.QUERY: None, StepKind.ITEM: None}),
        ({StepKind.QUERY: None}, EVERY, {}),
        ({}, 0.4, {}),
    ],
)
def test_a_step_is_left_out_where_kappa_is_too_low_or_unknown(
    kappas: Kappas, least: float, left_out: Kappas
) -> None:
    assert doubted(kappas, least, OPEN_KINDS) == left_out


def test_kappas_are_those_of_the_report_on_held_out_queries() -> None:
    by_kind = {"1": {"kappa": 0.5}, "2": {"kappa": None}}
    assert kappas_of({"by_kind": by_kind}) == {StepKind.QUERY: 0.5, StepKind.ITEM: None}
    assert kappas_of(None) == {}, "so few labels that nothing was held out"


def test_a_doubted_step_is_masked_says_why_and_costs_no_question() -> None:
    model = judge(WEAK_ON_ITEMS)
    (scored,) = HybridRewards(TruthTable(), model, least_kappa=0.4).score([SAMPLE], [RIGHT])
    assert values(scored)[:2] == [0.5, None]
    assert len(model.prompts) == 1
    reward = scored.rewards[StepKind.ITEM]
    assert (reward.source, reward.reason) == (
        None,
        "the reward model's kappa is 0.39, 0.40 is wanted",
    )


def test_a_step_of_unknown_kappa_says_so() -> None:
    model = judge({StepKind.QUERY: 0.9})
    (scored,) = HybridRewards(TruthTable(), model, least_kappa=0.4).score([SAMPLE], [RIGHT])
    reason = scored.rewards[StepKind.ITEM].reason
    assert reason == "the reward model's kappa is unknown, 0.40 is wanted"


@pytest.mark.parametrize(
    ("mode", "kappa", "count"), [("rm_only", WEAK_ON_ITEMS, 5), ("hybrid", {}, 2)]
)
def test_the_ablation_and_a_model_nobody_measured_are_asked_about_all(
    mode: RewardMode, kappa: Kappas, count: int
) -> None:
    model = judge(kappa)
    HybridRewards(TruthTable(), model, mode=mode, least_kappa=0.4).score([SAMPLE], [RIGHT])
    assert len(model.prompts) == count


def test_quotes_speak_where_the_reward_model_is_doubted() -> None:
    model = judge(WEAK_ON_ITEMS)
    rewards = HybridRewards(TruthTable(), model, quote="after_rm", least_kappa=0.4)
    (scored,) = rewards.score([SAMPLE], [RIGHT])
    assert scored.rewards[StepKind.ITEM].source == "quote"

"""Rule-aware shaping on numbers that can be checked by hand."""

from dataclasses import replace
from math import isnan, nan

import pytest

from annotation.cot.rules import DEFAULT_RULES, parse_rules
from annotation.cot.steps import StepKind, render
from tests.training.rl.tiny import make_samples
from training.job.config import ShapingConfig
from training.job.types import Sample, ScoredRollout
from training.reward.rewards import HybridRewards
from training.reward.shaping import (
    Parts,
    outcome_credit,
    parts,
    shaped_outcome,
    shaped_steps,
)
from verifier.truth import TruthTable

SAMPLE = make_samples()[1]  # match x all: tier 4
RULES = parse_rules(DEFAULT_RULES)
WEIGHTS = ShapingConfig()  # category 0.2, attribute 0.2, tier 0.4, consistency 0.2


def scored(category: str, attribute: str, tier: str, sample: Sample = SAMPLE) -> ScoredRollout:
    text = render(
        {
            StepKind.QUERY: "a",
            StepKind.ITEM: "b",
            StepKind.CATEGORY: f"category: {category}",
            StepKind.ATTRIBUTE: f"attribute: {attribute}",
            StepKind.FINAL: f"tier: {tier}",
        }
    )
    (scored_rollout,) = HybridRewards(TruthTable()).score([sample], [text])
    return scored_rollout


def cut(sample: Sample = SAMPLE) -> ScoredRollout:
    """Right as far as it goes, but without an end."""
    text = scored("match", "all", "4").text.partition("## 5")[0]
    (scored_rollout,) = HybridRewards(TruthTable()).score([sample], [text])
    return scored_rollout


@pytest.mark.parametrize(
    ("claims", "expected", "outcome"),
    [
        (("match", "all", "4"), Parts(1, 1, 1, 1), 1.0),
        (("match", "all", "3"), Parts(1, 1, 0, 0), 0.4),  # right premises, wrong conclusion
        (("related", "all", "3"), Parts(0, 1, 0, 1), 0.4),  # follows from a wrong premise
        (("related", "all", "4"), Parts(0, 1, 1, 0), 0.6),  # right by luck
        (("related", "none", "1"), Parts(0, 0, 0, 0), 0.0),
    ],
)
def test_the_judgment_is_taken_apart_and_weighed(
    claims: tuple[str, str, str], expected: Parts, outcome: float
) -> None:
    scored_rollout = parts(scored(*claims), RULES)
    assert scored_rollout == expected
    assert shaped_outcome(scored_rollout, WEIGHTS) == pytest.approx(outcome)


def test_a_text_that_is_no_cot_has_no_part_at_all() -> None:
    assert cut().values()[2:4] == [1.0, 1.0]  # what the plain rewards give
    assert parts(cut(), RULES) == Parts(0, 0, 0, 0)
    assert shaped_outcome(parts(cut(), RULES), WEIGHTS) == 0.0
    assert shaped_steps(cut(), RULES, WEIGHTS)[2:] == [0.0, 0.0, 0.0]


def test_an_unknown_part_leaves_the_weight_to_the_others() -> None:
    # 0.4 * 1 + 0.2 * 1 of 0.6
    assert shaped_outcome(Parts(nan, nan, 1, 1), WEIGHTS) == pytest.approx(1.0)
    assert shaped_outcome(Parts(0, nan, 1, 0), WEIGHTS) == pytest.approx(0.5)


def test_consistency_alone_is_no_reward() -> None:
    assert isnan(shaped_outcome(Parts(nan, nan, nan, 1), WEIGHTS))


def test_the_rule_gate_takes_everything_from_a_tier_against_the_rules() -> None:
    gated = replace(WEIGHTS, rule_gate=True)
    lucky, following = scored("related", "all", "4"), scored("related", "all", "3")
    assert outcome_credit(lucky, RULES, gated)[-1] == 0.0
    assert outcome_credit(following, RULES, gated)[-1] == pytest.approx(0.4)
    assert shaped_steps(lucky, RULES, gated)[2:] == [0.0, 1.0, 0.0]


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        (("match", "all", "4"), [1, 1, 1]),
        (("match", "all", "3"), [1, 1, 0]),
        (("related", "all", "3"), [0, 1, 1 / 3]),  # consistency 0.2 of 0.6
        (("related", "all", "4"), [0, 1, 0]),  # a tier that is right by luck
    ],
)
def test_the_parts_go_to_their_steps(
    claims: tuple[str, str, str], expected: list[float]
) -> None:
    rewards = shaped_steps(scored(*claims), RULES, WEIGHTS)
    assert rewards[2:] == pytest.approx(expected)
    assert all(isnan(value) for value in rewards[:2])


def test_a_tier_without_a_truth_stays_masked() -> None:
    truth = dict(SAMPLE.truth)
    del truth[StepKind.FINAL]
    rollout = scored("related", "all", "3", replace(SAMPLE, truth=truth))
    assert isnan(shaped_steps(rollout, RULES, WEIGHTS)[4])
    assert isnan(shaped_steps(rollout, RULES, replace(WEIGHTS, rule_gate=True))[4])


def test_the_outcome_is_replaced_and_the_steps_before_it_are_left_alone() -> None:
    rollout = scored("related", "all", "3")
    credit = outcome_credit(rollout, RULES, WEIGHTS)
    assert credit[2:] == pytest.approx([0.0, 1.0, 0.4])

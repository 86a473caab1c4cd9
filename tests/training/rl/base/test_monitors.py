"""Monitors by hand: windows are five updates at the start and five at the end."""

from typing import Any

import pytest

from annotation.cot.steps import StepKind
from training.job.types import ScoredRollout, StepReward
from training.rl.base.monitors import (
    Alarm,
    advantage_collapse,
    alarms,
    entropy_collapse,
    rm_drift,
    signature_collapse,
)
from training.rl.measure.rollout_metrics import rollout_metrics


def rows(key: str, *values: float | None) -> list[dict[str, Any]]:
    return [{"step": n, key: value} for n, value in enumerate(values, 1)]


def test_advantage_collapse_is_the_mean_share_of_silent_groups_at_the_end() -> None:
    updates = rows("zero_variance", 0.0, 0.1, 1.0, 0.9, 1.0, 0.8, 0.8)
    assert advantage_collapse(updates) == pytest.approx((1.0 + 0.9 + 1.0 + 0.8 + 0.8) / 5)
    assert alarms(updates) == [Alarm("advantage_collapse", 0.9, 0.9)]
    assert alarms(rows("zero_variance", 0.0, 0.1, 1.0, 0.9, 1.0, 0.8, 0.79)) == []


def test_four_updates_are_too_few_to_call_it_a_collapse() -> None:
    assert advantage_collapse(rows("zero_variance", 1, 1, 1, 1)) is None
    assert alarms(rows("zero_variance", 1, 1, 1, 1)) == []


def test_entropy_collapse_is_the_share_of_the_first_entropy_that_is_gone() -> None:
    start, end = [0.4, 0.6, 0.5, 0.5, 0.5], [0.2, 0.0, 0.1, 0.1, 0.1]
    updates = rows("entropy", *start, 0.3, *end)
    assert entropy_collapse(updates) == pytest.approx(1 - 0.1 / 0.5)
    assert [alarm.code for alarm in alarms(updates)] == ["entropy_collapse"]
    assert alarms(rows("entropy", *start, 0.3, 0.2, 0.1, 0.1, 0.1, 0.1)) == []


def test_a_policy_without_entropy_at_the_start_cannot_lose_it() -> None:
    assert entropy_collapse(rows("entropy", *[0.0] * 10)) is None


def test_signature_collapse_compares_distinct_lines_of_reasoning() -> None:
    updates = rows("distinct", *[0.8] * 5, *[0.2] * 5)
    assert signature_collapse(updates) == pytest.approx(0.75)
    assert [alarm.code for alarm in alarms(updates)] == ["signature_collapse"]


def test_updates_without_the_measure_are_left_out_of_the_window() -> None:
    updates = rows("entropy", None, 0.5, 0.5, None, 0.5, 0.1, None, 0.1, 0.1, 0.1)
    assert entropy_collapse(updates) == pytest.approx(0.8)


def test_the_reward_model_drifts_when_only_its_own_score_grows() -> None:
    # the gap is 0.1 in the first five updates and 0.3 in the last five
    updates = [{"rm_score": 0.6, "verified": 0.5}] * 5 + [
        {"rm_score": 0.9, "verified": 0.6}
    ] * 5
    assert rm_drift(updates) == pytest.approx(0.2)
    assert alarms(updates) == [Alarm("rm_drift", 0.2, 0.15)]


def test_both_growing_together_is_no_drift() -> None:
    updates = [{"rm_score": 0.6, "verified": 0.5}] * 5 + [
        {"rm_score": 0.9, "verified": 0.8}
    ] * 5
    assert rm_drift(updates) == pytest.approx(0.0)
    assert alarms(updates) == []


def test_a_run_without_a_reward_model_cannot_drift() -> None:
    assert rm_drift([{"rm_score": None, "verified": 0.5}] * 20) is None


def rollout(tier: str, rm: float | None, outcome: StepReward) -> ScoredRollout:
    rewards = dict.fromkeys(StepKind, StepReward(None, None, "unknown"))
    rewards[StepKind.FINAL] = outcome
    rewards[StepKind.QUERY] = StepReward(rm, "rm", "scored")
    text = f"## 5 final judgment\ntier: {tier}\n"
    return ScoredRollout("1", text, None if tier == "4" else "short", tier, rewards)


def test_the_measures_of_two_groups_of_two() -> None:
    right, wrong = StepReward(1.0, "adjudicated", ""), StepReward(0.0, "consensus", "")
    judged = StepReward(1.0, "rm", "")
    updates = rollout_metrics(
        [
            rollout("4", 0.9, right),
            rollout("4", 0.5, wrong),
            rollout("4", 0.1, right),
            rollout("1", 0.5, judged),
        ],
        group=2,
    )
    # the first group says one thing, the second two: (1/2 + 2/2) / 2
    assert updates["distinct"] == pytest.approx(0.75)
    # four scores of step 1 and one outcome that the reward model gave
    assert updates["rm_score"] == pytest.approx((0.9 + 0.5 + 0.1 + 0.5 + 1.0) / 5)
    assert updates["verified"] == pytest.approx(2 / 3)
    assert updates["human_share"] == pytest.approx(3 / 8)
    assert updates["share_rm"] == pytest.approx(5 / 8)
    assert updates["share_adjudicated"] == pytest.approx(2 / 8)
    assert updates["reused"] == 0.0
    assert updates["parse_rate"] == pytest.approx(3 / 4)

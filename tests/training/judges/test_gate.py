"""The gate: what it measures, what it lets through, and how often by chance."""

from __future__ import annotations

import json
import math
import random

import numpy as np
import pytest

from annotation.cot.steps import StepKind
from bench.rm_gate import ROWS, accuracy_passes, trials
from training.judges.gate import ENOUGH_GOLD, GateReport, gate
from training.judges.resampled import GoldStep, Judged, weights
from training.rl.measure.rm_metrics import MeasuredStep, rm_report

RIGHT, WRONG = 0.9, 0.1


def binomial(n: int, share: float, tail: float = 0.001) -> tuple[int, int]:
    """Outside these counts lie at most ``tail`` of the draws on either side."""
    chances = [math.comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(n + 1)]
    below = np.cumsum(chances)
    return int(np.argmax(below > tail)), int(np.argmax(below >= 1 - tail))


def rollouts(
    count: int, candidate: float, champion: float | None = None, every: int = 7
) -> list[GoldStep]:
    """Five steps each, one query each; every seventh step is wrong. P is that of the verdict
    that people gave, so 0.9 is a model that is always right and rather sure."""
    steps = []
    for at in range(5 * count):
        correct = at % every != 0
        sides = [p if p is None or correct else 1 - p for p in (candidate, champion)]
        steps.append(
            GoldStep(f"q{at // 5}", at // 5, at % 5 + 1, correct, sides[0] or 0.0, sides[1])
        )
    return steps


def named(report: GateReport) -> dict[str, bool]:
    return {row.name: row.passes for row in report.measures}


def test_every_measure_is_that_of_the_reward_models_own_report() -> None:
    rng = random.Random(5)
    steps = [
        GoldStep(f"q{at // 10}", at // 5, at % 5 + 1, rng.random() < 0.7, rng.random())
        for at in range(200)
    ]
    steps[7] = GoldStep("q0", 1, 3, True, steps[8].candidate)  # a tie
    judged = Judged.of(steps, [step.candidate for step in steps], weights(20, 3))
    report = rm_report(
        [
            MeasuredStep(s.query, str(s.rollout), StepKind(s.kind), s.correct, s.candidate)
            for s in steps
        ]
    )
    assert judged.accuracy()[0] == pytest.approx(report["accuracy"])
    assert judged.majority()[0] == pytest.approx(report["majority"])
    assert judged.auc()[0] == pytest.approx(report["auc"])
    assert judged.ece()[0] == pytest.approx(report["ece"])
    assert judged.processbench_f1()[0] == pytest.approx(report["processbench"]["f1"])


def test_a_resample_measures_its_queries_as_often_as_it_has_them() -> None:
    steps = rollouts(3, RIGHT, every=8)
    doubled = np.array([[2.0, 0.0, 1.0]])
    judged = Judged.of(steps, [RIGHT, *[step.candidate for step in steps[1:]]], doubled)
    # the first step of query 0 is judged wrongly: twice 4 of 5, once 5 of 5
    assert judged.accuracy()[0] == pytest.approx(13 / 15)
    twice = [step for step in steps if step.query == "q0"]
    again = [GoldStep("q9", 9, s.kind, s.correct, s.candidate) for s in twice]
    repeated = [*twice, *again, *(step for step in steps if step.query == "q2")]
    chances = [RIGHT, *(s.candidate for s in twice[1:]), RIGHT]
    chances += [s.candidate for s in repeated[6:]]
    plain = Judged.of(repeated, chances, np.ones((1, 3)))
    for measure in ("majority", "auc", "ece", "processbench_f1"):
        assert getattr(judged, measure)()[0] == pytest.approx(getattr(plain, measure)()[0])


def test_the_first_model_must_beat_the_majority_and_chance_alone() -> None:
    report = gate(rollouts(80, RIGHT))
    assert report.passes
    assert named(report) == {"majority": True, "auc": True}
    assert (report.n, report.queries) == (400, 80)
    assert report.measures[0].difference == pytest.approx(58 / 400)


def test_a_model_that_says_correct_of_everything_beats_neither() -> None:
    always = [
        GoldStep(s.query, s.rollout, s.kind, s.correct, RIGHT) for s in rollouts(80, RIGHT)
    ]
    report = gate(always)
    assert [row.name for row in report.failed] == ["majority", "auc"]
    assert report.measures[0].difference == 0
    assert report.measures[1].candidate == 0.5


def test_399_steps_are_no_verdict_however_good_the_model_is() -> None:
    report = gate(rollouts(80, RIGHT)[:399])
    assert not report.failed
    assert not report.enough
    assert not report.passes
    assert gate([]).n == 0


def test_against_a_champion_a_candidate_that_is_as_good_passes_and_a_worse_one_names_why() -> (
    None
):
    same = gate(rollouts(80, RIGHT, RIGHT), against="champion")
    assert same.passes
    assert named(same) == dict.fromkeys(
        ("majority", "auc", "accuracy", "processbench_f1", "ece"), True
    )
    # 0.6 is right as often, and much less sure: only ECE is worse
    unsure = gate(rollouts(80, 0.6, RIGHT), against="champion")
    assert [row.name for row in unsure.failed] == ["ece"]
    backwards = gate(rollouts(80, WRONG, RIGHT), against="champion")
    assert "accuracy" in [row.name for row in backwards.failed]
    assert backwards.measures[2].difference == -1


def test_processbench_is_left_out_where_a_model_judges_some_kinds_only() -> None:
    steps = [step for step in rollouts(400, RIGHT, RIGHT) if step.kind == 5]
    assert "processbench_f1" not in named(gate(steps, against="champion", whole_rollouts=False))
    undefined = gate(steps, against="champion")
    assert [row.name for row in undefined.failed] == ["processbench_f1"]
    assert undefined.failed[0].candidate is None


def test_gold_of_one_verdict_only_cannot_tell_models_apart() -> None:
    steps = [GoldStep(f"q{at}", at, 1, True, RIGHT) for at in range(400)]
    report = gate(steps)
    assert [row.name for row in report.failed] == ["majority", "auc"]
    assert report.measures[1].low is None


def test_a_report_survives_its_json() -> None:
    report = gate(rollouts(80, RIGHT, 0.7), against="champion")
    assert GateReport.of(json.loads(json.dumps(report.stored()))) == report
    assert math.isfinite(report.measures[0].low or math.nan)


@pytest.mark.parametrize(("n", "better", "share"), ROWS)
def test_accuracy_lets_as_many_of_200_candidates_through_as_the_table_says(
    n: int, better: float, share: float
) -> None:
    """Within what 200 draws of the table's share may be; two in a thousand are outside."""
    low, high = binomial(200, share)
    assert low <= accuracy_passes(n, better, 200) <= high


def test_the_whole_gate_lets_four_of_five_equal_candidates_through() -> None:
    passed = sum(report.passes for report in trials(ENOUGH_GOLD, 0.0, 100))
    assert passed >= binomial(100, 0.80)[0]


def test_a_candidate_that_is_four_points_worse_stays_out() -> None:
    passed = sum(report.passes for report in trials(ENOUGH_GOLD, -0.04, 40))
    assert passed <= binomial(40, 0.05)[1]


def test_processbench_refuses_a_candidate_that_fails_the_rollouts_without_an_error() -> None:
    """It is as often right, but wrong where a whole rollout is right."""
    reports = trials(ENOUGH_GOLD, 0.0, 20, unfair=True)
    refused = ["processbench_f1" in [row.name for row in report.failed] for report in reports]
    assert sum(refused) >= binomial(20, 0.95)[0]

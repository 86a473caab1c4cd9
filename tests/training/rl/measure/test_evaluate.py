from dataclasses import replace
from pathlib import Path

import pytest

from annotation.cot.steps import StepKind
from tests.training.rl.tiny import answer, make_samples
from training.job.config import EvalConfig
from training.job.types import BadInput, Sample
from training.rl.measure.evaluate import (
    Prediction,
    delta,
    held_out,
    predict,
    report,
    write_report,
)
from training.rl.policy.model import Policy

SAMPLES = make_samples()[:8]


def predicted(sample: Sample, wrong: bool) -> Prediction:
    return Prediction(
        sample, answer(sample, wrong), "3" if wrong else sample.truth[StepKind.FINAL].value
    )


def test_a_perfect_policy_scores_one_everywhere() -> None:
    body = report([predicted(s, False) for s in SAMPLES], draws=20)
    assert body["macro_f1"] == body["accuracy"] == body["kappa_quadratic"] == 1.0
    assert body["macro_f1_interval"] == [1.0, 1.0]
    assert body["step_accuracy"] == {"3": 1.0, "4": 1.0, "5": 1.0}
    assert body["parse_rate"] == 1.0
    assert body["n"] == 8


def test_step_accuracy_stands_beside_the_majority_rate() -> None:
    body = report([predicted(s, number < 2) for number, s in enumerate(SAMPLES)], draws=10)
    assert body["step_accuracy"]["3"] == 6 / 8
    assert body["step_majority"]["3"] == 6 / 8  # every fourth thing differs


def test_a_step_with_no_known_truth_has_no_accuracy() -> None:
    tier_only = [replace(s, truth={StepKind.FINAL: s.truth[StepKind.FINAL]}) for s in SAMPLES]
    body = report(
        [predicted(s, False) if s.truth else predicted(s, True) for s in SAMPLES[:0]]
        or [Prediction(s, "", None) for s in tier_only],
        draws=10,
    )
    assert body["step_accuracy"] == {"3": None, "4": None, "5": 0.0}
    assert body["parse_rate"] == 0.0


def test_query_types_are_reported_apart() -> None:
    body = report(
        [predicted(s, s.query_type == "qa" or int(s.pair_id) % 2 == 1) for s in SAMPLES], 10
    )
    assert body["by_query_type"]["general"]["accuracy"] == 0.0
    assert body["by_query_type"]["negation"] == {"n": 4, "macro_f1": 1.0, "accuracy": 1.0}


def test_the_gain_is_the_difference_of_the_two_reports() -> None:
    before = [predicted(s, True) for s in SAMPLES]
    after = [predicted(s, False) for s in SAMPLES]
    gain = delta(before, after, draws=20)
    assert gain == {"macro_f1": 1.0, "interval": [1.0, 1.0]}


def test_pairs_without_a_known_tier_are_left_out() -> None:
    unknown = replace(SAMPLES[0], truth={})
    assert held_out([unknown, *SAMPLES[1:]], limit=3) == SAMPLES[1:4]
    with pytest.raises(BadInput, match="nothing to evaluate on"):
        held_out([unknown])


@pytest.mark.rl
def test_predictions_come_in_order_and_are_written_beside_the_report(
    policy: Policy, tmp_path: Path
) -> None:
    config = EvalConfig(batch_size=3, max_tokens=90)
    heard: list[int] = []
    predictions = predict(policy, SAMPLES, config, lambda done, total: heard.append(done))
    assert [p.sample for p in predictions] == SAMPLES
    assert heard == [3, 6, 8]
    body = write_report(tmp_path, "before", predictions, 10)
    assert body["predictions"] == "predictions_before.jsonl"
    assert len((tmp_path / "predictions_before.jsonl").read_text().splitlines()) == 8

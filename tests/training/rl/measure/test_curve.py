"""The learning curve of a run, and the policy of its best point."""

from pathlib import Path
from typing import Any

import pytest
from transformers import TrainerControl, TrainerState

from annotation.cot.steps import StepKind
from training.job.config import EvalConfig, parse_config
from training.job.types import Sample
from training.rl.measure.curve import (
    BEST,
    POINT,
    CurveCallback,
    best_point,
    curve_callbacks,
    read_curve,
)
from training.rl.measure.evaluate import Prediction, gain_interval
from training.rl.policy.model import load_policy
from training.rl.policy.run_folder import Run
from verifier.truth import TruthTable

SETTINGS = "[eval]\ncurve_every = 2\nkeep_best = true\nmax_tokens = 64\n"


@pytest.fixture
def run(run_dir: Path, policy_dir: Path, samples: list[Sample]) -> Run:
    config = parse_config(f'policy = "{policy_dir}"\n{SETTINGS}')
    return Run(
        run_dir, config, TruthTable(), samples, samples, load_policy(policy_dir), samples
    )


def steps(callback: CurveCallback, last: int) -> None:
    state, control = TrainerState(max_steps=last), TrainerControl()
    for number in range(last):
        state.global_step = number
        callback.on_step_begin(None, state, control)
        state.global_step = number + 1
        callback.on_step_end(None, state, control)
    callback.on_train_end(None, state, control)


def test_a_curve_has_the_start_every_second_update_and_the_end(run: Run) -> None:
    (callback,) = curve_callbacks(run, a_step=8)
    steps(callback, 5)
    rows = read_curve(run.folder)
    assert [row["step"] for row in rows] == [0, 2, 4, 5]
    assert [row["samples"] for row in rows] == [0, 16, 32, 40]
    assert all(0 <= row["macro_f1"] <= 1 for row in rows)


def test_a_resumed_run_does_not_measure_a_point_twice(run: Run) -> None:
    steps(curve_callbacks(run, 8)[0], 3)
    steps(curve_callbacks(run, 8)[0], 3)
    assert [row["step"] for row in read_curve(run.folder)] == [0, 2, 3]


def test_the_policy_of_the_best_point_comes_back_at_the_end(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The policy is spoiled after the second update; what it was then is what remains."""
    weight = next(run.policy.model.parameters())
    good = weight.detach().clone()

    def predict(policy: object, samples: list[Sample], settings: object) -> list[Prediction]:
        right = bool((weight == good).all())
        tiers = [s.truth[StepKind.FINAL].value if right else None for s in samples]
        return [Prediction(s, "", tier) for s, tier in zip(samples, tiers, strict=True)]

    monkeypatch.setattr("training.rl.measure.curve.predict", predict)
    (callback,) = curve_callbacks(run, 8)
    state, control = TrainerState(max_steps=4), TrainerControl()
    callback.on_step_begin(None, state, control)
    weight.data.add_(1.0)
    state.global_step = 2
    callback.on_step_end(None, state, control)
    assert not (weight == good).all()
    callback.on_train_end(None, state, control)
    assert (weight == good).all()
    assert (run.folder / BEST / "model.safetensors").exists()


def test_without_points_there_is_no_curve(run: Run) -> None:
    run.config = parse_config(f'policy = "{run.config.policy}"')
    assert curve_callbacks(run, 8) == []


def settings_of(text: str) -> EvalConfig:
    return parse_config(f'policy = "p"\n[eval]\ncurve_every = 1\nkeep_best = true\n{text}').eval


def points(values: list[float | None], lows: list[float] | None = None) -> list[dict[str, Any]]:
    lows = lows or [0.0] * len(values)
    return [
        {"step": n, "kappa_quadratic": value, "macro_f1": n, "gain": [low, 1.0]}
        for n, (value, low) in enumerate(zip(values, lows, strict=True))
    ]


KAPPA = 'best_by = "kappa_quadratic"'


def test_the_best_point_is_the_earliest_of_equals_and_an_undefined_kappa_is_worth_nothing() -> (
    None
):
    rows = points([None, 0.25, 0.5, 0.5])
    assert best_point(rows, settings_of(KAPPA))["step"] == 2
    assert best_point(rows, settings_of(""))["step"] == 3  # by macro F1
    assert best_point(points([None]), settings_of(KAPPA))["step"] == 0


@pytest.mark.parametrize(
    ("lows", "kept"),
    [([0.0, -0.01, -0.2], 0), ([0.0, 0.01, -0.2], 1), ([0.0, 0.01, 0.02], 2), ([0, 0, 0], 0)],
)
def test_a_point_that_may_be_no_better_than_the_start_is_not_proven(
    lows: list[float], kept: int
) -> None:
    rows = points([0.4, 0.5, 0.6], lows)
    assert best_point(rows, settings_of(f"{KAPPA}\nproven = true"))["step"] == kept
    assert best_point(rows, settings_of(KAPPA))["step"] == 2


def test_a_gain_in_every_query_is_beyond_chance_and_one_in_a_single_query_is_not(
    samples: list[Sample],
) -> None:
    def answers(right: int) -> list[Prediction]:
        return [
            Prediction(s, "", s.truth[StepKind.FINAL].value if n < right else None)
            for n, s in enumerate(samples)
        ]

    low, _ = gain_interval(answers(0), answers(len(samples)), "accuracy")
    assert low == 1.0
    low, high = gain_interval(answers(0), answers(1), "accuracy")
    assert low == 0.0
    assert high > 0.0


def test_a_resumed_run_compares_with_the_start_of_the_first_attempt(run: Run) -> None:
    steps(curve_callbacks(run, 8)[0], 2)
    steps(curve_callbacks(run, 8)[0], 4)
    rows = read_curve(run.folder)
    assert [row["step"] for row in rows] == [0, 2, 4]
    assert "gain" not in rows[0]
    assert all(row["gain"] == [0.0, 0.0] for row in rows[1:])  # nothing was trained


@pytest.mark.parametrize("by", ["macro_f1", "kappa_quadratic", "good_f1", "accuracy"])
def test_every_measure_that_may_choose_is_one_of_the_curve(by: str) -> None:
    assert parse_config(f'policy = "p"\n[eval]\nbest_by = "{by}"').eval.best_by == by
    assert by in POINT

"""The learning curve of a run, and the policy of its best point."""

from pathlib import Path

import pytest
from transformers import TrainerControl, TrainerState

from annotation.cot.steps import StepKind
from training.job.config import parse_config
from training.job.types import Sample
from training.rl.measure.curve import (
    BEST,
    POINT,
    CurveCallback,
    best_point,
    curve_callbacks,
    read_curve,
)
from training.rl.measure.evaluate import Prediction
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


def test_the_best_point_is_the_earliest_of_equals_and_an_undefined_kappa_is_worth_nothing() -> (
    None
):
    values = [None, 0.25, 0.5, 0.5]
    rows = [{"step": n, "kappa_quadratic": v, "macro_f1": n} for n, v in enumerate(values)]
    best = best_point(rows, "kappa_quadratic")
    assert best is not None
    assert best["step"] == 2
    assert best_point(rows[:1], "kappa_quadratic") == rows[0]
    assert best_point([], "macro_f1") is None


@pytest.mark.parametrize("by", ["macro_f1", "kappa_quadratic", "good_f1", "accuracy"])
def test_every_measure_that_may_choose_is_one_of_the_curve(by: str) -> None:
    assert parse_config(f'policy = "p"\n[eval]\nbest_by = "{by}"').eval.best_by == by
    assert by in POINT

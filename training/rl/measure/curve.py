"""The learning curve of a run: greedy answers on a validation set, every few updates.

``curve.jsonl`` has it. The set belongs to neither training nor the final evaluation, and
decoding draws nothing, so that a run with a curve trains exactly as one without. With
``eval.keep_best`` the run's result is the policy of its best point by ``eval.best_by``, not of
its last update: RL does not improve all the time, and the start is a point too. The best of
many points is in part the luckiest; with ``eval.proven`` one that may be no better than the
start is not kept.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from training.job.config import EvalConfig
from training.job.files import append_jsonl, resume_jsonl
from training.job.folder import CURVE, LAST, START
from training.rl.base.processes import is_main, main_first
from training.rl.measure.evaluate import (
    MEASURES,
    Prediction,
    gain_interval,
    held_out,
    predict,
    read_predictions,
    report,
    write_predictions,
)
from training.rl.policy.model import load_policy
from training.rl.policy.run_folder import Run

BEST = "best"  # a model folder of the run
POINT = (*MEASURES, "step_accuracy")


class CurveCallback(TrainerCallback):
    """Appends ``step``, ``samples`` (rollouts seen so far), ``seconds`` (of training since the
    process began, evaluation left out), and the measures of ``POINT``."""

    def __init__(self, run: Run, a_step: int) -> None:
        self._run, self._a_step = run, a_step
        self._path = run.folder / CURVE
        self._done = {row["step"] for row in resume_jsonl(self._path)}
        self._seconds, self._began = 0.0, time.monotonic()

    def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if not self._done:
            self._record(0)
        self._began = time.monotonic()

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._seconds += time.monotonic() - self._began
        step, every = state.global_step, self._run.config.eval.curve_every
        if (step % every == 0 or step == state.max_steps) and step not in self._done:
            self._record(step)

    def _record(self, step: int) -> None:
        run = self._run
        settings, by = run.config.eval, run.config.eval.best_by
        was_training = run.policy.model.training
        answers = predict(run.policy, run.dev, settings)
        run.policy.model.train(was_training)
        body = report(answers, draws=1)
        row = {"step": step, "samples": step * self._a_step, **{k: body[k] for k in POINT}}
        self._done.add(step)
        if not is_main():
            return
        if step == 0:
            write_predictions(run.folder, START, answers)
        else:
            start = read_predictions(run.folder, START, run.dev)
            row["gain"] = gain_interval(start, answers, by, settings.bootstrap)
        rows = [*read_curve(run.folder), row]
        if settings.keep_best and best_point(rows, settings) is row:
            run.policy.save(run.folder / BEST)
        append_jsonl(self._path, [{**row, "seconds": round(self._seconds, 2)}])
        print(f"curve: update {step} {by} {_worth(row, by):.3f}", flush=True)

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Put the best point's weights back, once the last update's answers are kept."""
        if not self._run.config.eval.keep_best:
            return
        answers = self._answers()
        with main_first():  # the others read what it has written
            if is_main():
                write_predictions(self._run.folder, LAST, answers)
            best = load_policy(self._run.folder / BEST)
            self._run.policy.model.load_state_dict(best.model.state_dict())

    def _answers(self) -> list[Prediction]:
        run = self._run
        return predict(
            run.policy, held_out(run.held_out, run.config.eval.limit), run.config.eval
        )


def curve_callbacks(run: Run, a_step: int) -> list[CurveCallback]:
    """The callback if the run wants a curve: ``a_step`` is the rollouts of an update."""
    return [CurveCallback(run, a_step)] if run.config.eval.curve_every else []


def curve_facts(run: Run) -> dict[str, Any]:
    """``{"curve": {...}}`` for report.json: the validation set, and the points by ``by``; {}
    without a curve. ``kept`` is the update whose policy is the result."""
    rows, settings = read_curve(run.folder), run.config.eval
    if not (settings.curve_every and rows):
        return {}
    kept = best_point(rows, settings) if settings.keep_best else rows[-1]
    return {
        "curve": {
            "pairs": len(run.dev),
            "queries": len({sample.text.query for sample in run.dev}),
            "by": settings.best_by,
            "points": [[row["step"], row.get(settings.best_by)] for row in rows],
            "proven": settings.proven,
            "kept": kept["step"],
        }
    }


def best_point(rows: Sequence[dict[str, Any]], settings: EvalConfig) -> dict[str, Any]:
    """The row with the highest ``best_by``, the earliest of equals; with ``proven`` of those
    whose gain over the start, the first row, is above 0 at 95 %."""
    able = [rows[0], *(row for row in rows[1:] if not settings.proven or row["gain"][0] > 0)]
    return max(able, key=lambda row: (_worth(row, settings.best_by), -int(row["step"])))


def _worth(row: Mapping[str, Any], by: str) -> float:
    """A kappa is not defined where all is one tier: that is worth nothing."""
    value = row.get(by)
    return -1.0 if value is None else float(value)


def read_curve(folder: Path) -> list[dict[str, Any]]:
    """The rows of curve.jsonl by update; empty where there is none."""
    path = folder / CURVE
    rows = resume_jsonl(path) if path.exists() else []
    return sorted(rows, key=lambda row: int(row["step"]))

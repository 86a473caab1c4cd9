"""The learning curve of a run: greedy macro F1 on a fixed set, every few updates.

``dev.jsonl`` in the run folder asks for it, ``curve.jsonl`` is the answer. The set belongs to
neither training nor the final evaluation, and decoding draws nothing, so that a run with a
curve trains exactly as one without. With ``eval.keep_best`` the run's result is the policy of
its best point, not of its last update: RL does not improve all the time.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from training.job.data import read_samples
from training.job.files import append_jsonl, resume_jsonl
from training.job.folder import CURVE, DEV, LAST
from training.rl.measure.evaluate import (
    Prediction,
    held_out,
    predict,
    report,
    write_predictions,
)
from training.rl.policy.model import load_policy
from training.rl.policy.run_folder import Run

BEST = "best"  # a model folder of the run


class CurveCallback(TrainerCallback):
    """Appends ``step``, ``samples`` (rollouts seen so far), ``seconds`` (of training since the
    process began, evaluation left out), ``macro_f1``, ``accuracy``, ``step_accuracy``."""

    def __init__(self, run: Run, a_step: int) -> None:
        self._run, self._a_step = run, a_step
        self._path = run.folder / CURVE
        self._samples = read_samples(run.folder / DEV)
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
        best = max((row["macro_f1"] for row in read_curve(run.folder)), default=-1.0)
        was_training = run.policy.model.training
        body = report(predict(run.policy, self._samples, run.config.eval), draws=1)
        run.policy.model.train(was_training)
        kept = {key: body[key] for key in ("macro_f1", "accuracy", "step_accuracy")}
        row = {"step": step, "samples": step * self._a_step, **kept}
        if run.config.eval.keep_best and body["macro_f1"] > best:
            run.policy.save(run.folder / BEST)
        append_jsonl(self._path, [{**row, "seconds": round(self._seconds, 2)}])
        self._done.add(step)
        print(f"curve: update {step} macro F1 {body['macro_f1']:.3f}", flush=True)

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Put the best point's weights back, once the last update's answers are kept."""
        best = self._run.folder / BEST
        if self._run.config.eval.keep_best and best.exists():
            write_predictions(self._run.folder, LAST, self._answers())
            self._run.policy.model.load_state_dict(load_policy(best).model.state_dict())

    def _answers(self) -> list[Prediction]:
        run = self._run
        return predict(
            run.policy, held_out(run.held_out, run.config.eval.limit), run.config.eval
        )


def curve_callbacks(run: Run, a_step: int) -> list[CurveCallback]:
    """The callback if the run wants a curve: ``a_step`` is the rollouts of an update."""
    wanted = run.config.eval.curve_every and (run.folder / DEV).exists()
    return [CurveCallback(run, a_step)] if wanted else []


def read_curve(folder: Path) -> list[dict[str, Any]]:
    """The rows of curve.jsonl by update; empty where there is none."""
    path = folder / CURVE
    rows = resume_jsonl(path) if path.exists() else []
    return sorted(rows, key=lambda row: int(row["step"]))

"""What the outside sees of a training loop: metrics.jsonl, complete checkpoints, CANCEL."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from transformers import PrinterCallback, TrainerCallback

from training.job.checkpoints import mark_complete
from training.job.files import append_jsonl, resume_jsonl
from training.job.folder import CANCEL, METRICS
from training.job.types import BadInput
from training.rl.base.monitors import alarms
from training.rl.base.processes import any_says, is_main

# TRL's names to the names of docs/formats.md
NAMES = {"completions/mean_length": "length"}
KEPT = (
    "reward", "reward_step_1", "reward_step_2", "reward_step_3", "reward_step_4",
    "reward_step_5", "kl", "entropy", "length", "zero_variance", "parse_rate", "human_share",
    "loss", "grad_norm", "learning_rate", "mean_token_accuracy", "rewards/accuracies",
    "distinct", "rm_score", "verified", "seconds_generation", "seconds_reward",
    "zero_variance_before", "zero_variance_after", "failing", "replayed", "refills",
    "unfilled", "sampled", "reused", "share_adjudicated", "share_consensus", "share_gold",
    "share_implied", "share_silver", "share_rm", "share_quote", "value_explained",
)  # fmt: skip


class RunCallback(TrainerCallback):
    """``state`` goes into every checkpoint; ``stage`` names the curriculum stage of an update
    (from 0). A step that an earlier attempt recorded is not recorded twice. Of several
    processes the main one writes."""

    def __init__(
        self,
        run_dir: Path,
        *,
        state: Callable[[], dict[str, Any]] = dict,
        stage: Callable[[int], int | None] = lambda update: None,
    ) -> None:
        self.cancelled = False
        self._dir, self._state, self._stage = run_dir, state, stage
        self._path = run_dir / METRICS
        self._rows = resume_jsonl(self._path) if is_main() else []
        self._recorded = max((row["step"] for row in self._rows), default=0)
        self._started = time.monotonic()

    def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._started = time.monotonic()

    def on_log(
        self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any
    ) -> None:
        if not logs or "loss" not in logs:
            return
        _check_gradient(state.global_step, logs)  # on every process: all of them end
        if not is_main():
            return
        if state.global_step <= self._recorded:
            return
        self._recorded = state.global_step
        named = {NAMES.get(key, key): value for key, value in logs.items()}
        row = {
            "step": state.global_step,
            "total_steps": state.max_steps,
            "stage": self._stage(state.global_step - 1),
            **{key: _number(named[key]) for key in KEPT if key in named},
            "seconds": round(time.monotonic() - self._started, 3),
        }
        self._watch(row)
        append_jsonl(self._path, [row])
        brief = {k: row[k] for k in ("reward", "loss", "kl") if row.get(k) is not None}
        print(f"step {row['step']}/{row['total_steps']} {brief} {row['seconds']} s", flush=True)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if any_says((self._dir / CANCEL).exists()):
            self.cancelled = True
            control.should_save = True
            control.should_training_stop = True

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if is_main():
            folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
            mark_complete(folder, self._state())

    def _watch(self, row: dict[str, Any]) -> None:
        """Add the ``alarms`` of an RL update and say those that are new."""
        before = self._rows[-1].get("alarms", []) if self._rows else []
        self._rows.append(row)
        if "zero_variance" not in row:
            return
        raised = alarms(self._rows)
        row["alarms"] = [alarm.code for alarm in raised]
        for alarm in raised:
            if alarm.code not in before:
                name = alarm.code.replace("_", " ")
                print(f"warning: {name}: {alarm.value} (limit {alarm.limit})", flush=True)


def quiet(trainer: Any) -> Any:
    """The same trainer without transformers' own dump of every log: RunCallback prints it."""
    trainer.remove_callback(PrinterCallback)
    return trainer


def _check_gradient(update: int, logs: dict[str, Any]) -> None:
    """Raises BadInput where an update made weights that are no numbers. transformers logs
    before it saves, so the last checkpoint is from before."""
    if not math.isfinite(float(logs.get("grad_norm", 0.0))):
        raise BadInput(
            f"update {update}: the gradient is not a finite number; nothing of it was saved. "
            "Try a smaller learning_rate, or trainer.bf16 = false"
        )


def _number(value: Any) -> float | None:
    """JSON has no NaN: a measure that does not exist is null."""
    if value is None:
        return None
    number = float(value)
    return round(number, 6) if math.isfinite(number) else None

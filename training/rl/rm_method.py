"""The rm method: fit the stepwise reward model on labels.jsonl."""

from __future__ import annotations

from typing import Any

from training.rl.callbacks import RunCallback
from training.rl.rm_train import train_reward_model
from training.rl.run_folder import Cancelled, Run


def train_rm(run: Run) -> dict[str, Any]:
    """Returns facts for report.json; ``rm`` holds the held-out metrics and the calibration
    goes into stepwise.json."""
    callback = RunCallback(run.folder)
    model, report = train_reward_model(
        run.policy, run.labels(), run.config, run.folder, [callback]
    )
    if callback.cancelled:
        raise Cancelled
    shift = {str(int(kind)): value for kind, value in model.prior_shift.items()}
    facts = {"role": "rm", "prior_shift": shift, "temperature": model.temperature}
    return {"rm": report, "model_facts": facts}

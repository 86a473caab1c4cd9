"""Training that compares log probabilities of two models, or of one at two times."""

from __future__ import annotations

from typing import Any

from training.job.checkpoints import newest_checkpoint
from training.rl.base.callbacks import quiet
from training.rl.policy.dropout import dropout_off
from training.rl.policy.model import own_weights
from training.rl.policy.positions import count_positions
from training.rl.policy.run_folder import Run


def train_comparable(trainer: Any, run: Run) -> None:
    """Train, from the newest complete checkpoint if there is one, with the reference model made
    like the policy: TRL loads its own from the folder. Neither drops anything out."""
    if trainer.ref_model is not None:
        reference = trainer.accelerator.unwrap_model(trainer.ref_model)
        own_weights(reference)
        count_positions(reference)
    with dropout_off(trainer.accelerator.unwrap_model(trainer.model)):
        quiet(trainer).train(resume_from_checkpoint=newest_checkpoint(run.folder))

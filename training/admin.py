"""The engineer's doors: models, runs, batches, evaluations, disagreements: each room's own."""

from __future__ import annotations

from training.disagreements import admin as disagreements_admin
from training.rollouts import admin as rollouts_admin
from training.runs import admin as runs_admin
from training.runs import checkpoints_admin, thresholds_admin
from training.scoring import admin as scoring_admin

__all__ = [
    "checkpoints_admin",
    "disagreements_admin",
    "rollouts_admin",
    "runs_admin",
    "scoring_admin",
    "thresholds_admin",
]

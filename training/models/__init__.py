"""Checkpoints, runs, what they measured, and where the reward model and people differ."""

from training.models.checkpoints import CATALOGUE, OWN, Checkpoint
from training.models.disagreements import BulkDecision, Disagreement
from training.models.launching import LaunchThresholds, LaunchWaiver
from training.models.ledger import RewardGroup
from training.models.ranking import ItemRank
from training.models.rollouts import RolloutBatch
from training.models.runs import EvalReport, RunMetric, TrainingRun
from training.models.scoring import RmAppointment, RmGate, ScoringJob, StepScore

__all__ = [
    "CATALOGUE",
    "OWN",
    "BulkDecision",
    "Checkpoint",
    "Disagreement",
    "EvalReport",
    "ItemRank",
    "LaunchThresholds",
    "LaunchWaiver",
    "RewardGroup",
    "RmAppointment",
    "RmGate",
    "RolloutBatch",
    "RunMetric",
    "ScoringJob",
    "StepScore",
    "TrainingRun",
]

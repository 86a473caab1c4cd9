"""The engineer's doors: models, runs, batches, evaluations, disagreements."""

from training.admin import checkpoints, disagreements, rollouts, runs, scoring

__all__ = ["checkpoints", "disagreements", "rollouts", "runs", "scoring"]

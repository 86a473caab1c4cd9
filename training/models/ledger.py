"""What each update rewarded: the ledger of a run, read in."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.db import models

from annotation.models import Pair
from training.models.runs import TrainingRun
from verifier.models import VerifierRelease

# what ``sources`` of a group counts; 0 = the step is masked. Stored: append, never renumber
SOURCES = ("", "adjudicated", "consensus", "gold", "silver", "rm", "format", "implied", "quote")


class RealField(models.FloatField[Any, Any]):
    """Four bytes: what the trainer computes with."""

    def db_type(self, connection: Any) -> str:
        return "real"


class RewardGroup(models.Model):
    """The G completions of a pair in one update. Arrays of G x 5 are flat, completion by
    completion, step kind by step kind; the texts stay in the run's ledger file."""

    run = models.ForeignKey(
        TrainingRun, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    update = models.PositiveIntegerField()
    pair = models.ForeignKey(Pair, on_delete=models.CASCADE, related_name="+")
    release = models.ForeignKey(
        VerifierRelease, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    rewards = ArrayField(RealField(), help_text="0 to 1; 0 where the source is 0")
    advantages = ArrayField(RealField(), help_text="after the clamp")
    sources = ArrayField(models.SmallIntegerField(), help_text="0 = masked")
    step_sha256 = ArrayField(models.BinaryField(), help_text="of each step's prefix")
    text_offset = models.BigIntegerField(help_text="of the group's line in the ledger")

    class Meta:
        indexes = [
            BrinIndex(fields=["run", "update"], name="reward_group_run"),
            GinIndex(fields=["step_sha256"], name="reward_group_step"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["run", "text_offset"], name="reward_group_once")
        ]

    def __str__(self) -> str:
        return f"update {self.update} of run {self.run_id}, pair {self.pair_id}"

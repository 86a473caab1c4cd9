"""Requests to sample rollouts."""

from __future__ import annotations

from django.db import models

from annotation.models import Project, Round
from annotation.models.leased import Leased
from annotation.models.made import Dated
from training.models.checkpoints import Checkpoint


class RolloutBatch(Dated, Leased):
    """One request to sample n CoTs for each of some pairs."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    policy = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="+")
    round = models.ForeignKey(
        Round, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    pair_ids = models.JSONField(default=list)
    n = models.PositiveSmallIntegerField(default=1)
    temperature = models.FloatField(default=0.99)
    top_k = models.PositiveIntegerField(default=100)
    max_tokens = models.PositiveIntegerField(default=256)
    seed = models.BigIntegerField(default=0)
    overlap = models.PositiveSmallIntegerField(null=True, blank=True)
    queue_limit = models.PositiveIntegerField(
        null=True, blank=True, help_text="rollouts a pair that become queue items; empty = all"
    )
    state = models.CharField(max_length=16, choices=State.choices, default=State.QUEUED)
    rollouts_done = models.PositiveIntegerField(default=0)
    prompt_tokens = models.PositiveBigIntegerField(default=0, help_text="as the server counts")
    completion_tokens = models.PositiveBigIntegerField(default=0)
    seconds = models.FloatField(default=0, help_text="at work, of all its workers' lives")
    asked_again = models.PositiveIntegerField(
        default=0, help_text="CoTs that did not parse and were written once more"
    )
    error = models.TextField(blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "rollout batches"

    def __str__(self) -> str:
        return f"batch {self.pk} ({self.state})"

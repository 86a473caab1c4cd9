"""Where the reward model and people differ."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models

from annotation.models import Project, QueueItem, Resolution, Step
from annotation.models.leased import Leased
from annotation.models.made import Dated, by_person
from training.models.scoring import StepScore


class Disagreement(Dated):
    """The reward model says one thing, people another (or nobody has looked yet: audit)."""

    class State(models.TextChoices):
        OPEN = "open"
        REQUEUED = "requeued"
        HUMAN_RIGHT = "human_right"
        RM_RIGHT = "rm_right"
        GUIDELINE_GAP = "guideline_gap"
        WITHDRAWN = "withdrawn"  # the reward model is no longer in charge

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="+")
    score = models.ForeignKey(StepScore, on_delete=models.CASCADE, related_name="+")
    resolution = models.ForeignKey(Resolution, on_delete=models.CASCADE, related_name="+")
    confidence = models.FloatField(help_text="how far P(correct) is on the other side, 0.5..1")
    impact = models.PositiveIntegerField(
        default=1, help_text="rollouts whose reward this verdict decides"
    )
    state = models.CharField(max_length=16, choices=State.choices, default=State.OPEN)
    item = models.ForeignKey(
        QueueItem, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_by = by_person()
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-confidence", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["score", "resolution"], name="disagreement_once")
        ]

    def __str__(self) -> str:
        return f"disagreement {self.pk} ({self.state})"


class BulkDecision(Dated, Leased):
    """One decision for everything that a filter matches; the filter is stored, not the ids."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    filter = models.JSONField(help_text="fields of DisagreementFilter")
    upto = models.BigIntegerField(help_text="rows listed later are left alone")
    decision = models.CharField(max_length=16)
    lead = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    matched = models.PositiveIntegerField(help_text="when it was asked for")
    decided = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    refusal = models.TextField(blank=True, help_text="the first reason")
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"bulk decision {self.pk}: {self.decision} ({self.state})"

    @classmethod
    def failure(cls, message: str) -> dict[str, Any]:
        return {"refusal": message}

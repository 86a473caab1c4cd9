"""What a launch must meet, and who let one through that did not."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from annotation.models import Project
from annotation.models.made import Dated
from training.models.runs import TrainingRun


def threshold(default: float, help_text: str) -> models.FloatField[Any, Any]:
    """From 0 to 1, or empty."""
    return models.FloatField(
        null=True,
        blank=True,
        default=default,
        validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
        help_text=help_text,
    )


class LaunchThresholds(models.Model):
    """What a project's data must meet before a run is launched; the lower bounds count, and
    what is empty is not checked."""

    project = models.OneToOneField(
        Project, on_delete=models.CASCADE, related_name="launch_thresholds"
    )
    alpha = threshold(0.5, "Krippendorff's alpha of each step")
    gold_accuracy = threshold(0.8, "of first answers to gold items")
    human_coverage = threshold(
        0.6, "share of steps 3 to 5 of the training pairs that people answered"
    )
    stale_share = threshold(0.05, "of the decided rollouts, at most")
    rm_gated = models.BooleanField(default=True, help_text="the reward model is appointed")
    varied_pairs = threshold(0.3, "share of pairs whose rollouts differ in a reward")

    class Meta:
        verbose_name_plural = "launch thresholds"

    def __str__(self) -> str:
        return f"thresholds of project {self.project_id}"


class LaunchWaiver(Dated):
    """A lead let a run start that the preflight refused. Never changed."""

    run = models.ForeignKey(TrainingRun, on_delete=models.CASCADE, related_name="waivers")
    lead = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.TextField()
    refusals = models.JSONField(default=list, help_text="the lines that were waived")

    def __str__(self) -> str:
        return f"waiver for run {self.run_id}"

"""What a launch must meet, and who let one through that did not."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from annotation.models import Project
from annotation.models.made import Dated
from training.models.runs import TrainingRun


class LaunchThresholds(models.Model):
    """What a project's data must meet before a run is launched; the lower bounds count."""

    project = models.OneToOneField(
        Project, on_delete=models.CASCADE, related_name="launch_thresholds"
    )
    alpha = models.FloatField(default=0.5, help_text="Krippendorff's alpha of each step")
    gold_accuracy = models.FloatField(default=0.8)
    human_coverage = models.FloatField(default=0.6, help_text="share of kinds 3-5")
    stale_share = models.FloatField(default=0.05, help_text="at most")
    rm_gated = models.BooleanField(default=True, help_text="the reward model is appointed")
    varied_pairs = models.FloatField(default=0.3, help_text="share of pairs with variance")

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

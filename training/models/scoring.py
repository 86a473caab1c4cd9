"""What reward models say of steps, and which of them is in charge."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from annotation.models import Project, Step
from annotation.models.leased import Leased
from annotation.models.made import Dated, by_person
from training.models.checkpoints import Checkpoint


class StepScore(Dated):
    """The reward model's P(correct) for a step."""

    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="+")
    rm = models.ForeignKey(Checkpoint, on_delete=models.CASCADE, related_name="+")
    p = models.FloatField()
    critique = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["step", "rm"], name="score_once")]

    def __str__(self) -> str:
        return f"{self.p:.2f} on step {self.step_id}"


class ScoringJob(Dated, Leased):
    """The scoring of a project's new steps by a model; one row, taken up again and again."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    rm = models.ForeignKey(Checkpoint, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=16, choices=State.choices, default=State.QUEUED)
    scored = models.PositiveIntegerField(default=0, help_text="steps, the last time")
    error = models.TextField(blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "rm"], name="scoring_job_once")
        ]

    def __str__(self) -> str:
        return f"scoring by {self.rm_id} ({self.state})"


class RmGate(Dated, Leased):
    """What the gate last measured of a reward model against the one in charge; one row, taken
    up again and again."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    rm = models.ForeignKey(Checkpoint, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=16, choices=State.choices, default=State.QUEUED)
    promote = models.BooleanField(default=True, help_text="appoint it when it passes")
    report = models.JSONField(default=dict, blank=True, help_text="GateReport")
    error = models.TextField(blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "rm"], name="gate_once")]

    def __str__(self) -> str:
        return f"gate of {self.rm_id} ({self.state})"


class RmAppointment(models.Model):
    """Which reward model is in charge of a project, and since when. Rows are never changed but
    for ``until``; the one without it is in charge."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    rm = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True, blank=True)
    by = by_person()
    reason = models.TextField(blank=True)
    report = models.JSONField(default=dict, blank=True, help_text="what the gate measured")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project"], name="one_rm_in_charge", condition=Q(until=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.rm_id} since {self.since:%Y-%m-%d}"

    @property
    def overridden(self) -> list[str]:
        """Lines of the gate that a lead passed over."""
        return list(self.report.get("overridden", []))

"""Training jobs and what they measured."""

from __future__ import annotations

from django.db import models

from annotation.models import Project, Round
from annotation.models.leased import Leased
from annotation.models.made import Dated, Made
from training.models.checkpoints import Checkpoint
from verifier.models import VerifierRelease


class TrainingRun(Made, Leased):
    """One job. A worker holds it while now < lease_expires_at and renews by heartbeat."""

    class State(models.TextChoices):
        HELD = "held"  # a threshold is not met; waits for a lead's waiver
        QUEUED = "queued"
        RUNNING = "running"
        CANCELLING = "cancelling"
        CANCELLED = "cancelled"
        FINISHED = "finished"
        FAILED = "failed"

    LIVE = (State.QUEUED, State.RUNNING, State.CANCELLING)
    RESUMABLE = (State.FAILED, State.CANCELLED)

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    method = models.CharField(max_length=16)
    config = models.JSONField(default=dict, help_text="overrides of the method's defaults")
    policy = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="+")
    rm = models.ForeignKey(
        Checkpoint, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    refusals = models.JSONField(
        default=list, blank=True, help_text="thresholds that were not met at the launch"
    )
    release = models.ForeignKey(
        VerifierRelease, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    round = models.ForeignKey(
        Round, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    state = models.CharField(max_length=16, choices=State.choices, default=State.QUEUED)
    run_dir = models.TextField(blank=True)
    attempt = models.PositiveIntegerField(default=0)
    worker = models.CharField(max_length=200, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    step = models.PositiveIntegerField(default=0)
    total_steps = models.PositiveIntegerField(default=0)
    log_tail = models.TextField(blank=True)
    error = models.TextField(blank=True)
    report = models.JSONField(default=dict, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"run {self.pk} ({self.method}, {self.state})"


class RunMetric(models.Model):
    """One line of metrics.jsonl, so that the run page needs no shared disk."""

    run = models.ForeignKey(TrainingRun, on_delete=models.CASCADE, related_name="metrics")
    step = models.PositiveIntegerField()
    data = models.JSONField()

    class Meta:
        ordering = ["step"]
        constraints = [models.UniqueConstraint(fields=["run", "step"], name="metric_once")]

    def __str__(self) -> str:
        return f"step {self.step} of run {self.run_id}"


class EvalReport(Dated):
    run = models.ForeignKey(TrainingRun, on_delete=models.CASCADE, related_name="evaluations")
    moment = models.CharField(max_length=8, help_text="before | after")
    metrics = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "moment"], name="report_once")]

    def __str__(self) -> str:
        return f"{self.moment} run {self.run_id}"

"""Checkpoints, runs, what they measured, and where the reward model and people differ."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models

from annotation.cot.steps import Layout
from annotation.models import Project, QueueItem, Resolution, Step
from annotation.models.leased import Leased
from annotation.models.made import Dated, Made, by_person
from training.job.prompts import STYLES, Style
from verifier.models import VerifierRelease


class Checkpoint(Dated):
    """A model somebody can sample or score with: a folder, or an OpenAI-compatible endpoint."""

    class Kind(models.TextChoices):
        POLICY = "policy"
        RM = "rm", "reward model"

    name = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.POLICY)
    path = models.TextField(help_text="Hugging Face folder, or the endpoint's URL")
    model_name = models.CharField(max_length=200, blank=True, help_text="at the endpoint")
    style = models.CharField(max_length=16, default="bare", help_text="prompt style")
    layout = models.CharField(max_length=16, default="answer_last")
    run = models.ForeignKey(
        "TrainingRun", null=True, blank=True, on_delete=models.SET_NULL, related_name="produced"
    )

    def __str__(self) -> str:
        return self.name

    @property
    def is_remote(self) -> bool:
        """Served over HTTP; such a checkpoint can be sampled but not trained from."""
        return self.path.startswith(("http://", "https://"))

    @property
    def prompt_style(self) -> Style:
        return next((style for style in STYLES if style == self.style), "bare")

    @property
    def prompt_layout(self) -> Layout:
        return "answer_first" if self.layout == "answer_first" else "answer_last"


class TrainingRun(Made, Leased):
    """One job. A worker holds it while now < lease_expires_at and renews by heartbeat."""

    class State(models.TextChoices):
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
    release = models.ForeignKey(
        VerifierRelease, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
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


class RolloutBatch(Dated, Leased):
    """One request to sample n CoTs for each of some pairs."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    policy = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="+")
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
    error = models.TextField(blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "rollout batches"

    def __str__(self) -> str:
        return f"batch {self.pk} ({self.state})"


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


class Disagreement(Dated):
    """The reward model says one thing, people another (or nobody has looked yet: audit)."""

    class State(models.TextChoices):
        OPEN = "open"
        REQUEUED = "requeued"
        HUMAN_RIGHT = "human_right"
        RM_RIGHT = "rm_right"
        GUIDELINE_GAP = "guideline_gap"

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

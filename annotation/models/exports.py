"""An export somebody asked for; the row is what the progress bar shows."""

from __future__ import annotations

from django.db import models

from annotation.models.leased import Leased
from annotation.models.made import Made
from annotation.models.pairs import Project


class ExportJob(Made, Leased):
    """One export. ``path`` is "" until the file is complete."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="export_jobs")
    format = models.CharField(max_length=32)
    filter = models.JSONField(
        default=dict, blank=True, help_text='{"split": "", "policy": ""}; empty means all'
    )
    state = models.CharField(max_length=16, choices=State.choices, default=State.QUEUED)
    rows_written = models.PositiveBigIntegerField(default=0)
    rows_total = models.PositiveBigIntegerField(null=True, blank=True)
    path = models.TextField(blank=True)
    filename = models.CharField(max_length=255, blank=True)
    bytes = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    lint = models.JSONField(default=dict, blank=True, help_text="see docs/exporting.md")
    error = models.TextField(blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"export {self.pk} of {self.format} ({self.state})"

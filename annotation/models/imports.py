"""An import somebody asked for in the admin or over the API."""

from __future__ import annotations

from typing import Any

from django.db import models

from annotation.models.leased import Leased
from annotation.models.made import Made
from annotation.models.pairs import Project


class ImportJob(Made, Leased):
    """One import, whichever door it came through; the row is what the progress bar shows."""

    class State(models.TextChoices):
        DRAFT = "draft"  # kept, and somebody still says how it is to be read
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="import_jobs")
    path = models.TextField()
    filename = models.CharField(max_length=255)
    adapter = models.CharField("format", max_length=32, default="native")
    options = models.JSONField(
        default=dict, blank=True, help_text="what the format was told beside the file"
    )
    files = models.JSONField(
        default=dict, blank=True, help_text="further files, option -> path"
    )
    skip_bad = models.BooleanField(default=False)
    unknown_as_attributes = models.BooleanField(
        "unknown columns become attributes", default=False
    )
    dry_run = models.BooleanField(
        "check only", default=False, help_text="read and check everything, import nothing"
    )
    state = models.CharField(max_length=16, choices=State.choices, default=State.QUEUED)
    rows_read = models.PositiveIntegerField(default=0)
    rows_total = models.PositiveIntegerField(null=True, blank=True)
    pairs_created = models.PositiveIntegerField(default=0)
    pairs_existing = models.PositiveIntegerField(default=0)
    counts = models.JSONField(
        default=dict, blank=True, help_text="what else was stored, such as submissions"
    )
    errors = models.JSONField(
        default=list, blank=True, help_text="[{line, message}], first 100"
    )
    error_count = models.PositiveIntegerField(default=0)
    notices = models.JSONField(
        default=list,
        blank=True,
        help_text="[{line, message}] of what was imported otherwise than written, first 100",
    )
    notice_count = models.PositiveIntegerField(default=0)
    unknown_columns = models.JSONField(
        default=list, blank=True, help_text="columns of the file that the import does not know"
    )
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"import {self.pk} of {self.filename} ({self.state})"

    @classmethod
    def failure(cls, message: str) -> dict[str, Any]:
        return {"errors": [{"line": 0, "message": message}], "error_count": 1}

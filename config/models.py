"""What the running processes tell about themselves."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class WorkerHeartbeat(models.Model):
    """One row a worker process; a row that is not renewed means that the worker is gone."""

    name = models.CharField(max_length=200, unique=True, help_text="the Celery node name")
    queues = ArrayField(models.CharField(max_length=64))
    seen_at = models.DateTimeField()
    busy = models.BooleanField(default=False, help_text="at a job")
    done = models.PositiveBigIntegerField(default=0, help_text="jobs ended since its start")
    worked_at = models.DateTimeField(help_text="when that number last grew")
    read_at = models.DateTimeField(
        null=True, help_text="when it last asked for a job; empty when the broker does not tell"
    )

    def __str__(self) -> str:
        return self.name


class DemoUsers(models.Model):
    """The one row that says: the demo users were made, or there were people already."""

    ONLY = 1

    made_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"demo users, {self.made_at:%Y-%m-%d}"

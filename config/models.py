"""What the running processes tell about themselves."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class WorkerHeartbeat(models.Model):
    """One row a worker process; a row that is not renewed means that the worker is gone."""

    name = models.CharField(max_length=200, unique=True, help_text="the Celery node name")
    queues = ArrayField(models.CharField(max_length=64))
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

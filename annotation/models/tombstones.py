"""What is left of a deleted project."""

from __future__ import annotations

from django.db import models

from annotation.models.made import Made


class ProjectTombstone(Made):
    """Who deleted it is ``created_by``, when is ``created_at``."""

    slug = models.SlugField()
    name = models.CharField(max_length=200)
    counts = models.JSONField(default=dict, help_text="plural name -> rows that went with it")

    def __str__(self) -> str:
        return f"{self.name} (deleted)"

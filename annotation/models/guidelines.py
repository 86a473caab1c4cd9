"""Every version of a project's guideline and rules table."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from annotation.models.made import Dated, by_person
from annotation.models.pairs import Project


class GuidelineVersion(Dated):
    """Append-only. Labels carry the number of the version they were made under."""

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="guideline_versions"
    )
    number = models.PositiveIntegerField()
    text = models.TextField(blank=True, help_text="Markdown")
    rules = models.TextField(help_text="TOML: category x attribute -> tier")
    changed_kinds = ArrayField(
        models.PositiveSmallIntegerField(),
        default=list,
        blank=True,
        help_text="step kinds whose meaning this version changed: older labels are stale",
    )
    note = models.TextField(blank=True)
    author = by_person()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="guideline_version_once")
        ]
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"guideline version {self.number}"

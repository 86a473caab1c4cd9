"""One turn of the circle: sampling, labelling, a release, a judge, training, evaluation."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from annotation.models.made import Made, by_person
from annotation.models.pairs import Project


class Round(Made):
    """What belongs together; where it stands is read from the rows that name it. Checkpoints
    and the release are named as a rollout names its policy: they are another app's."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="rounds")
    number = models.PositiveIntegerField()
    policy = models.CharField(max_length=200, help_text="checkpoint that is sampled")
    rm = models.CharField(max_length=200, blank=True, help_text="reward model at the start")
    release = models.PositiveIntegerField(
        null=True, blank=True, help_text="verifier release that was cut from its labels"
    )
    plan = models.JSONField(default=dict, help_text="how much of what")
    waived_by = by_person()
    waiver = models.TextField(
        blank=True, help_text="why its runs start though the preflight refuses them"
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    stop_reason = models.TextField(blank=True, help_text="empty when it came to its end")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="round_number_once"),
            models.UniqueConstraint(
                fields=["project"], name="one_open_round", condition=Q(ended_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"round {self.number} of project {self.project_id}"

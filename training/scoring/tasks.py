"""The worker's door of scoring."""

from __future__ import annotations

from celery import shared_task

from annotation.models import Project
from training.models import Checkpoint
from training.scoring.scoring import steps_score_due


@shared_task(name="training.tasks.steps_score")
def steps_score(rm_id: int, project_id: int) -> None:
    steps_score_due(
        project=Project.objects.get(pk=project_id), rm=Checkpoint.objects.get(pk=rm_id)
    )

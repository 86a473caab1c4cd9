"""The worker's door of rounds, and how every door sends what a round has begun."""

from __future__ import annotations

from functools import partial

from celery import shared_task
from django.db import transaction

from annotation.models import Round
from training.models import TrainingRun
from training.rollouts.tasks import rollouts_run
from training.rounds.rounds import Advance, round_autopilot
from training.runs.tasks import run_launch


def jobs_send(done: Advance) -> None:
    """On commit; a message that is lost is sent again by beat."""
    for job in done.jobs:
        task = run_launch if isinstance(job, TrainingRun) else rollouts_run
        transaction.on_commit(partial(task.delay, job.pk))


@shared_task(name="training.tasks.rounds_due")
def rounds_due() -> None:
    """Every open round goes on by itself as far as its project allows."""
    for pk in Round.objects.filter(ended_at=None).order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            if done := round_autopilot(round_id=pk):
                jobs_send(done)

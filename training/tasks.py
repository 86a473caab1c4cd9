"""Thin doors for the workers. A job may be delivered twice; its service makes it harmless.

Which queue a task goes to is one table: CELERY_TASK_ROUTES.
"""

from __future__ import annotations

import os
from typing import Any

from celery import shared_task

from annotation.models import Project
from annotation.services.jobs import jobs_recover
from training.models import BulkDecision, Checkpoint, RolloutBatch, ScoringJob
from training.selectors.scoring import current_rm, scoring_due_now
from training.services import bulk, disagreements, queue_order, rollouts, runs, scoring


@shared_task
def rollouts_run(batch_id: int) -> None:
    rollouts.batch_run(batch_id=batch_id)


@shared_task(bind=True)
def run_launch(self: Any, run_id: int) -> None:
    # The pool process that works may outlive a killed worker; then it must let the run go.
    parent = os.getppid()
    runs.run_launch(
        run_id=run_id,
        worker=str(self.request.hostname or "worker"),
        keep_going=lambda: os.getppid() == parent,
    )


@shared_task
def bulk_decide(bulk_id: int) -> None:
    bulk.bulk_decision_run(bulk_id=bulk_id)


@shared_task
def steps_score(rm_id: int, project_id: int) -> None:
    scoring.steps_score_due(
        project=Project.objects.get(pk=project_id), rm=Checkpoint.objects.get(pk=rm_id)
    )


@shared_task
def runs_recover() -> None:
    """Send again what lost its worker or its message."""
    for run_id in runs.runs_requeue():
        run_launch.delay(run_id)
    for bulk_id in jobs_recover(BulkDecision):
        bulk_decide.delay(bulk_id)


@shared_task
def rollouts_due() -> None:
    """The same for rollout batches."""
    for batch_id in jobs_recover(RolloutBatch):
        rollouts_run.delay(batch_id)


@shared_task
def scoring_due() -> None:
    """New steps get the verdict of their project's newest reward model."""
    jobs_recover(ScoringJob)  # sent below, unless it has been parked
    for project in Project.objects.order_by("pk"):
        rm = current_rm(project)
        if rm and scoring_due_now(project=project, rm=rm):
            # Thrown away when nobody took it before the next tick asks again.
            steps_score.apply_async((rm.pk, project.pk), expires=30)
        if rm:
            queue_order.queue_rank(project=project, rm=rm)


@shared_task
def disagreements_due() -> None:
    """Settle what people answered, list what differs, send the strongest back to the queue."""
    disagreements.disagreements_settle()
    for project in Project.objects.order_by("pk"):
        if rm := current_rm(project):
            disagreements.disagreements_open(project=project, rm=rm)
            disagreements.disagreements_requeue(project=project)

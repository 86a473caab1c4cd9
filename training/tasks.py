"""Thin doors for the workers: what beat calls. A room's own doors are in its ``tasks``.

A job may be delivered twice; its service makes it harmless.

Which queue a task goes to is one table: CELERY_TASK_ROUTES.
"""

from __future__ import annotations

from celery import shared_task

from annotation.models import Project
from annotation.models.job_run import jobs_recover
from training.disagreements import disagreements
from training.disagreements.tasks import bulk_decide
from training.judges.tasks import rm_gate
from training.models import BulkDecision, RmGate, RolloutBatch, ScoringJob
from training.rollouts.tasks import rollouts_run
from training.rounds.tasks import rounds_due
from training.runs.runs import runs_requeue
from training.runs.tasks import run_launch
from training.scoring import queue_order
from training.scoring.select import current_rm, scoring_due_now
from training.scoring.tasks import steps_score

__all__ = ["disagreements_due", "rollouts_due", "rounds_due", "runs_recover", "scoring_due"]


@shared_task
def runs_recover() -> None:
    """Send again what lost its worker or its message."""
    for run_id in runs_requeue():
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
    """New steps get the verdict of the reward model in charge, open items their place;
    candidates meet the gate."""
    for gate_id in jobs_recover(RmGate):
        rm_gate.delay(gate_id)
    jobs_recover(ScoringJob)  # sent below, unless it has been parked
    for project in Project.objects.order_by("pk"):
        rm = current_rm(project)
        if rm and scoring_due_now(project=project, rm=rm):
            # Thrown away when nobody took it before the next tick asks again.
            steps_score.apply_async((rm.pk, project.pk), expires=30)
        queue_order.queue_rank(project=project, rm=rm)


@shared_task
def disagreements_due() -> None:
    """Settle what people answered, list what differs, send the strongest back to the queue."""
    disagreements.disagreements_settle()
    for project in Project.objects.order_by("pk"):
        disagreements.disagreements_open(project=project)
        disagreements.disagreements_requeue(project=project)

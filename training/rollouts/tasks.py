"""The worker's door of rollouts."""

from __future__ import annotations

from celery import shared_task

from training.rollouts.batches import batch_run


@shared_task(name="training.tasks.rollouts_run")
def rollouts_run(batch_id: int) -> None:
    batch_run(batch_id=batch_id)

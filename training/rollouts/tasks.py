"""The worker's door of rollouts."""

from __future__ import annotations

from functools import partial

from celery import shared_task
from django.db import transaction

from training.rollouts.batches import batch_run


@shared_task(name="training.tasks.rollouts_run")
def rollouts_run(batch_id: int) -> None:
    batch_run(batch_id=batch_id)


def rollouts_send(batch_id: int) -> None:
    """On commit; a message that is lost is sent again by beat."""
    transaction.on_commit(partial(rollouts_run.delay, batch_id))

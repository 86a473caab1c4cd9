"""What the commands that make rollouts do with their batch."""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError

from training.models import RolloutBatch
from training.rollouts.batches import batch_run
from training.rollouts.tasks import rollouts_run


def batch_carried_out(
    command: BaseCommand, batch: RolloutBatch, *, background: bool
) -> RolloutBatch | None:
    """The batch when it is done; None where a worker is to do it.

    Raises:
        CommandError: a worker was first, or the batch failed.
    """
    if background:
        rollouts_run.delay(batch.pk)
        command.stdout.write(f"batch {batch.pk} is queued: {len(batch.pair_ids)} pairs")
        return None
    done = batch_run(batch_id=batch.pk)
    if done is None:
        raise CommandError(f"batch {batch.pk} was taken by a worker")
    if done.state != RolloutBatch.State.DONE:
        raise CommandError(f"batch {done.pk} {done.state}: {done.error}")
    return done

"""The worker's door of disagreements."""

from __future__ import annotations

from celery import shared_task

from training.disagreements.bulk import bulk_decision_run


@shared_task(name="training.tasks.bulk_decide")
def bulk_decide(bulk_id: int) -> None:
    bulk_decision_run(bulk_id=bulk_id)

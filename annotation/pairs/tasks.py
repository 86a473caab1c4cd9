"""The worker's door of imports."""

from __future__ import annotations

from celery import shared_task
from django.db import transaction

from annotation.pairs.jobs import import_job_run


@shared_task(name="annotation.tasks.import_job_start")
def import_job_start(job_id: int) -> None:
    import_job_run(job_id=job_id)


def import_job_send(job_id: int) -> None:
    """Queue the job once its row is committed."""
    transaction.on_commit(lambda: import_job_start.delay(job_id))

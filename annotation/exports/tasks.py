"""The worker's door of exports."""

from __future__ import annotations

from celery import shared_task
from django.db import transaction

from annotation.exports.jobs import export_job_run


@shared_task(name="annotation.tasks.export_job_start")
def export_job_start(job_id: int) -> None:
    export_job_run(job_id=job_id)


def export_job_send(job_id: int) -> None:
    """Queue the job once its row is committed."""
    transaction.on_commit(lambda: export_job_start.delay(job_id))

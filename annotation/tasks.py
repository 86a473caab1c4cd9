"""Celery doors of annotation: what beat calls. A room's own doors are in its ``tasks``."""

from __future__ import annotations

from celery import shared_task

from annotation.deciding import fits as consensus
from annotation.deciding.resolution import item_resolve_due
from annotation.exports.tasks import export_job_start
from annotation.labelling.items import items_due_for_resolution
from annotation.models import ExportJob, ImportJob
from annotation.models.job_run import jobs_recover
from annotation.pairs.drafts import drafts_expire
from annotation.pairs.tasks import import_job_start

AT_ONCE = 500


@shared_task
def items_resolve_due() -> None:
    for item in items_due_for_resolution()[:AT_ONCE]:
        item_resolve_due(item=item)


@shared_task
def consensus_fit_due() -> None:
    consensus.consensus_fit_due()


@shared_task
def jobs_recover_due() -> None:
    """Send again what lost its worker or its message."""
    for job_id in jobs_recover(ImportJob):
        import_job_start.delay(job_id)
    for job_id in jobs_recover(ExportJob):
        export_job_start.delay(job_id)


@shared_task
def uploads_expire_due() -> None:
    """Remove uploads that somebody looked at and left."""
    drafts_expire()

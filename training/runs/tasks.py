"""The worker's door of runs."""

from __future__ import annotations

import os
from typing import Any

from celery import shared_task
from django.db import transaction

from training.models import TrainingRun
from training.runs import runs


@shared_task(bind=True, name="training.tasks.run_launch")
def run_launch(self: Any, run_id: int) -> None:
    # The pool process that works may outlive a killed worker; then it must let the run go.
    parent = os.getppid()
    runs.run_launch(
        run_id=run_id,
        worker=str(self.request.hostname or "worker"),
        keep_going=lambda: os.getppid() == parent,
    )


def run_send(run: TrainingRun) -> None:
    """Hand a run to the train queue once its row is committed; a held one waits."""
    if run.state != TrainingRun.State.HELD:
        transaction.on_commit(lambda: run_launch.delay(run.pk))

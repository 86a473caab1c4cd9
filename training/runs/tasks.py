"""The worker's door of runs."""

from __future__ import annotations

import os
from typing import Any

from celery import shared_task
from django.db import transaction

from training.judges.select import gates_queued
from training.judges.tasks import rm_gate
from training.models import TrainingRun
from training.runs import runs


@shared_task(bind=True, name="training.tasks.run_launch")
def run_launch(self: Any, run_id: int) -> None:
    # The pool process that works may outlive a killed worker; then it must let the run go.
    parent = os.getppid()
    done = runs.run_launch(
        run_id=run_id,
        worker=str(self.request.hostname or "worker"),
        keep_going=lambda: os.getppid() == parent,
    )
    if done is not None:
        for gate_id in gates_queued(done):
            rm_gate.delay(gate_id)


def run_send(run: TrainingRun) -> None:
    """Hand a run to the train queue once its row is committed; a held one waits."""
    if run.state != TrainingRun.State.HELD:
        transaction.on_commit(lambda: run_launch.delay(run.pk))

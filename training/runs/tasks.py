"""The worker's door of runs."""

from __future__ import annotations

import os
from typing import Any

from celery import shared_task

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

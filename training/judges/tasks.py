"""The worker's door of the gate."""

from __future__ import annotations

from celery import shared_task

from training.judges.gating import gate_run


@shared_task(name="training.tasks.rm_gate")
def rm_gate(gate_id: int) -> None:
    gate_run(gate_id=gate_id)

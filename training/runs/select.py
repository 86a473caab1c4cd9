"""What earlier runs measured."""

from __future__ import annotations

from statistics import median

from annotation.models import Project
from training.models import TrainingRun


def seconds_of_earlier_runs(project: Project, method: str) -> float | None:
    """Median wall time in seconds of the last five finished runs of the method, the project's
    own first; None when there is none."""
    done = TrainingRun.objects.filter(
        state=TrainingRun.State.FINISHED,
        method=method,
        started_at__isnull=False,
        finished_at__isnull=False,
        attempt=1,
    ).order_by("-pk")
    for rows in (done.filter(project=project)[:5], done[:5]):
        times = [
            (row.finished_at - row.started_at).total_seconds()
            for row in rows
            if row.finished_at and row.started_at
        ]
        if times:
            return median(times)
    return None

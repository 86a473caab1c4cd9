"""What runs are waiting, and what was measured before."""

from __future__ import annotations

from datetime import datetime
from statistics import median

from django.db.models import Q, QuerySet

from annotation.models import Project
from training.leases import expired
from training.models import TrainingRun

MAX_ATTEMPTS = 3


def runs_due(now: datetime | None = None) -> QuerySet[TrainingRun]:
    """Runs nobody works on: never delivered, or their worker is gone."""
    states = [TrainingRun.State.QUEUED, TrainingRun.State.RUNNING]
    return TrainingRun.objects.filter(
        expired(now), state__in=states, attempt__lt=MAX_ATTEMPTS
    ).order_by("pk")


def claimable_run() -> Q:
    """A row that a worker may take."""
    states = TrainingRun.State
    waiting = Q(state=states.QUEUED) | (Q(state=states.RUNNING) & expired())
    return waiting & Q(attempt__lt=MAX_ATTEMPTS)


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

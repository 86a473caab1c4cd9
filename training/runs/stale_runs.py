"""Which runs learned from what is stale now."""

from __future__ import annotations

from dataclasses import dataclass

from annotation.models import Project
from training.models import TrainingRun
from verifier.services.outdated import outdated_rows

_NEWEST = 50


@dataclass(frozen=True, slots=True)
class StaleRun:
    """``n`` decisions of its release do not stand any more."""

    run: TrainingRun
    n: int


def stale_runs(project: Project) -> list[StaleRun]:
    """The newest of them first, fifty at most."""
    outdated = outdated_rows(project)
    runs = TrainingRun.objects.filter(project=project, release__in=outdated)
    return [
        StaleRun(run, outdated[run.release_id])
        for run in runs.select_related("release").order_by("-pk")[:_NEWEST]
        if run.release_id is not None
    ]

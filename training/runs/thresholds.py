"""The thresholds of a project's launches."""

from __future__ import annotations

from annotation.models import Project
from training.models import LaunchThresholds


def thresholds_of(project: Project) -> LaunchThresholds:
    """The project's own, or the defaults."""
    row = LaunchThresholds.objects.filter(project=project).first()
    return row or LaunchThresholds(project=project)


def thresholds_set(*, project: Project, **limits: float | bool | None) -> LaunchThresholds:
    """None = not checked; what is not named stays as it is."""
    row, _created = LaunchThresholds.objects.update_or_create(project=project, defaults=limits)
    return row


def thresholds_clear(*, project: Project) -> LaunchThresholds:
    """Launch on whatever is there."""
    return thresholds_set(
        project=project,
        alpha=None,
        gold_accuracy=None,
        human_coverage=None,
        stale_share=None,
        rm_gated=False,
        varied_pairs=None,
    )

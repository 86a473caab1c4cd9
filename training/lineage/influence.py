"""How much of a release, and of what a run was taught, hangs on one person's labels."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Count, QuerySet

from annotation.models import Project, StepLabel
from training.job.methods import METHODS
from training.models import TrainingRun
from training.runs.replay import ReplayReport, run_replay
from verifier.models import VerifierRelease
from verifier.services.leave_out import Without, release_without

MOST_PEOPLE = 50


@dataclass(frozen=True, slots=True)
class Influence:
    """``without``: the release as the others would have decided it."""

    person: User
    labels: int
    without: Without


def influences(release: VerifierRelease) -> list[Influence]:
    """One for each of the people with most labels, who moves most truths first."""
    counted = (
        StepLabel.objects.filter(
            item__project=release.project_id,
            submission__undone_at=None,
            created_at__lte=release.created_at,
        )
        .values_list("annotator")
        .annotate(n=Count("pk"))
        .order_by("-n", "annotator")
    )
    labels = dict(counted[:MOST_PEOPLE])
    rows = [
        Influence(person, labels[person.pk], release_without(release, person))
        for person in User.objects.filter(pk__in=labels)
    ]
    return sorted(
        rows, key=lambda row: (-row.without.changed - row.without.lost, row.person.username)
    )


def influence_on_run(run: TrainingRun, person: User) -> ReplayReport:
    """What the run's rewards and advantages would have been without the person's labels.

    Raises:
        Invalid: the run has no release or no ledger here, or cannot be replayed.
    """
    assert run.release is not None  # no run is launched without
    truths = release_without(run.release, person).table
    return run_replay(run=run, release=run.release, truths=truths, without=person.username)


def newest_release(project: Project) -> VerifierRelease | None:
    return VerifierRelease.objects.filter(project=project).order_by("-number").first()


def runs_rewarded(release: VerifierRelease) -> QuerySet[TrainingRun]:
    """Finished runs on the release that keep a ledger, the newest first."""
    rewarded = [row.name for row in METHODS.values() if row.credits]
    rows = TrainingRun.objects.filter(
        release=release, state=TrainingRun.State.FINISHED, method__in=rewarded
    )
    return rows.order_by("-pk")

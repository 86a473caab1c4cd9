"""Creating, stopping and recovering runs; :func:`run_launch` does the work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from annotation.cot.errors import Conflict, Invalid, PreflightRefused
from annotation.cot.wording import wording as _
from annotation.models import Project, Round
from annotation.models.job_run import jobs_recover
from annotation.models.leases import expired, in_flight_until, queued_again
from training.job.methods import METHODS
from training.models import Checkpoint, TrainingRun
from training.runs.launching import run_launch
from training.runs.preflight import preflight
from training.runs.waivers import Waiver, waiver_record
from verifier.models import VerifierRelease
from verifier.services.release import release_cut
from verifier.services.truth import truth_refresh

__all__ = ["run_cancel", "run_create", "run_launch", "run_resume", "runs_requeue"]

_State = TrainingRun.State


@transaction.atomic
def run_create(
    *,
    project: Project,
    method: str,
    policy: Checkpoint,
    rm: Checkpoint | None = None,
    config: Mapping[str, Any] | None = None,
    user: User | None = None,
    release: VerifierRelease | None = None,
    round: Round | None = None,
    waiver: Waiver | None = None,
    hold: bool = False,
) -> TrainingRun:
    """Queue a run on a frozen truth table; the caller sends the task on commit.

    Every door launches here, so every run has passed the preflight. Without ``release`` the
    ground truth is refreshed and a new release is cut. Where a threshold is not met, a
    ``waiver`` lets the run start, and with ``hold`` it waits for one.

    Raises:
        Invalid: a problem of the preflight; the message names the key, or what is missing.
        PreflightRefused: a threshold is not met, and there is neither ``waiver`` nor ``hold``.
        Denied: the waiver is not a lead's.
    """
    if waiver is not None:
        waiver.check()
    if release is not None and release.project_id != project.pk:
        raise Invalid(_("release %(n)s belongs to another project", n=release.number))
    if release is None:
        truth_refresh(project=project)
    summary = preflight(
        project=project, method=method, policy=policy, rm=rm, config=config or {}
    )
    if not summary.ready:
        first, *more = summary.problems
        raise Invalid("; ".join([first, *more]) if more else first)
    refusals = [(check.name, check.text) for check in summary.refusals]
    if refusals and waiver is None and not hold:
        raise PreflightRefused(refusals)
    if release is None:
        # a reward model learns from labels, and may have no truth to be frozen
        judges = METHODS[method].leaves == "rm"
        release = release_cut(project=project, user=user, empty=judges)
    waits = bool(refusals) and waiver is None
    run = TrainingRun.objects.create(
        project=project,
        method=method,
        policy=policy,
        rm=rm,
        config=dict(config or {}),
        release=release,
        round=round,
        created_by=user,
        refusals=[text for _name, text in refusals],
        state=_State.HELD if waits else _State.QUEUED,
        lease_expires_at=None if waits else in_flight_until(),
    )
    if refusals and waiver is not None:
        waiver_record(run=run, waiver=waiver)
    return run


def run_cancel(*, run: TrainingRun) -> TrainingRun:
    """Stop a run: at once when it waits, else after its worker has saved a checkpoint.

    Raises:
        Conflict: the run has ended.
    """
    rows = TrainingRun.objects.filter(pk=run.pk)
    waiting = rows.filter(state__in=[_State.HELD, _State.QUEUED]).update(
        state=_State.CANCELLED, finished_at=timezone.now(), lease_expires_at=None
    )
    stopping = waiting or rows.filter(state__in=[_State.RUNNING, _State.CANCELLING]).update(
        state=_State.CANCELLING
    )
    run.refresh_from_db()
    if not stopping:
        raise Conflict(_("the run has ended already: it is %(state)s", state=run.state))
    return run


def run_resume(*, run: TrainingRun) -> TrainingRun:
    """Queue a failed or cancelled run again; it goes on from its newest checkpoint.

    Raises:
        Conflict: the run is not in such a state.
    """
    resumed = TrainingRun.objects.filter(pk=run.pk, state__in=TrainingRun.RESUMABLE).update(
        **queued_again(), attempt=0, error=""
    )
    run.refresh_from_db()
    if not resumed:
        raise Conflict(
            _(
                "only a failed or cancelled run can be resumed; this one is %(state)s",
                state=run.state,
            )
        )
    return run


def runs_requeue() -> list[int]:
    """Settle runs whose worker is gone; returns the ids to send again.

    A run that was being cancelled is cancelled.
    """
    TrainingRun.objects.filter(expired(), state=_State.CANCELLING).update(
        state=_State.CANCELLED,
        error="cancelled while its worker was gone",
        finished_at=timezone.now(),
        lease_token="",
        lease_expires_at=None,
    )
    return jobs_recover(TrainingRun)

"""One mechanism for all leased jobs: begun again once, parked when lost twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.db.models import Model
from django.utils import timezone

from annotation.cot.errors import Invalid
from annotation.exports.jobs import export_job_requeue
from annotation.models import ExportJob, ImportJob
from annotation.models.job_run import job_run, jobs_recover
from annotation.models.leased import Leased
from annotation.models.leases import MAX_STRIKES, PARKED, lease_take
from annotation.pairs.jobs import import_job_requeue
from tests.factories import make_project, make_user
from tests.training.world import policy_make, rm_make, run_make
from training.models import BulkDecision, RmGate, RolloutBatch, ScoringJob, TrainingRun

pytestmark = pytest.mark.django_db

MAKERS: dict[type[Leased], Callable[[], Model]] = {
    ImportJob: lambda: ImportJob.objects.create(project=make_project(), path="/x"),
    ExportJob: lambda: ExportJob.objects.create(project=make_project(), format="labels"),
    RolloutBatch: lambda: RolloutBatch.objects.create(
        project=make_project(), policy=policy_make(), pair_ids=[1]
    ),
    TrainingRun: lambda: run_make(make_project()),
    ScoringJob: lambda: ScoringJob.objects.create(project=make_project(), rm=rm_make()),
    RmGate: lambda: RmGate.objects.create(project=make_project(), rm=rm_make()),
    BulkDecision: lambda: BulkDecision.objects.create(
        filter={}, upto=1, decision="rm_right", lead=make_user(), matched=1
    ),
}
KINDS = pytest.mark.parametrize("kind", MAKERS, ids=lambda kind: kind.__name__)


def lose(kind: type[Leased]) -> None:
    """Time goes by and the worker does not come back."""
    kind._default_manager.update(lease_expires_at=timezone.now() - timedelta(seconds=1))


def shown(kind: type[Leased]) -> str:
    """What the job's row tells a person."""
    row: Any = kind._default_manager.get()
    return str(row.errors if kind is ImportJob else getattr(row, "error", "") or row.refusal)


@KINDS
def test_a_job_that_killed_its_worker_twice_is_parked_with_the_reason(
    kind: type[Leased],
) -> None:
    job, rows = MAKERS[kind](), kind._default_manager.all()
    for _ in range(MAX_STRIKES):
        assert lease_take(rows) is not None
        assert lease_take(rows) is None, "one worker at a time"
        assert jobs_recover(kind) == [], "its lease runs"
        lose(kind)
        ids = jobs_recover(kind)
        assert jobs_recover(kind) == [], "a message is on its way"
        if not ids:
            break
        assert ids == [job.pk]
    row: Any = rows.get()
    assert (row.state, row.strikes, row.lease_token) == ("failed", MAX_STRIKES, "")
    assert PARKED in shown(kind)
    assert lease_take(rows) is None, "the message of the second worker comes late"


def test_every_kind_of_leased_job_is_tried() -> None:
    assert set(MAKERS) == set(Leased.__subclasses__())


def test_a_parked_job_can_be_tried_again_by_hand() -> None:
    for kind in (ImportJob, ExportJob):
        MAKERS[kind]()
        kind._default_manager.update(state="failed", strikes=MAX_STRIKES)
    import_job_requeue(job=ImportJob.objects.get())
    export_job_requeue(job=ExportJob.objects.get())
    assert lease_take(ImportJob.objects.all()) is not None
    assert lease_take(ExportJob.objects.all()) is not None


@pytest.fixture
def jobs() -> Any:
    MAKERS[ExportJob]()
    return ExportJob.objects.all()


def test_what_a_job_cannot_do_is_its_end(jobs: Any) -> None:
    def work(job: ExportJob) -> dict[str, Any]:
        raise Invalid("no such format: a\x00b")

    done = job_run(jobs, work)
    assert done is not None
    assert (done.state, done.error) == ("failed", "no such format: a\ufffdb")
    assert done.finished_at is not None


def test_a_bug_is_shown_and_raised(jobs: Any) -> None:
    def work(job: ExportJob) -> dict[str, Any]:
        raise ZeroDivisionError("by zero")

    with pytest.raises(ZeroDivisionError):
        job_run(jobs, work)
    assert jobs.get().error == "it stopped: ZeroDivisionError('by zero')"


@pytest.mark.django_db(transaction=True)
def test_a_job_that_lost_the_database_is_begun_again_and_says_so_when_it_is_parked() -> None:
    MAKERS[ExportJob]()

    def work(job: ExportJob) -> dict[str, Any]:
        raise OperationalError("the connection is closed")

    for _ in range(MAX_STRIKES):
        with pytest.raises(OperationalError):
            job_run(ExportJob.objects.all(), work)
        assert ExportJob.objects.get().state == "running"
        jobs_recover(ExportJob)
    job = ExportJob.objects.get()
    assert job.state == "failed"
    assert "the connection is closed" in job.error


def test_a_worker_that_lost_its_lease_changes_nothing_any_more(jobs: Any) -> None:
    def work(job: ExportJob) -> dict[str, Any]:
        jobs.update(lease_token="another worker's")
        return {"state": "done", "error": "mine"}

    assert job_run(jobs, work) is None
    assert (jobs.get().state, jobs.get().error) == ("running", "")

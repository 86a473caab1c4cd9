from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from annotation.cot.errors import Conflict, Denied, Invalid, PreflightRefused
from annotation.models import Project
from annotation.people.roles import Role
from tests.factories import make_project, make_user
from tests.training.world import policy_make, trainable
from training.job.files import read_json
from training.models import LaunchThresholds, LaunchWaiver, TrainingRun
from training.runs.runs import run_cancel, run_create, run_resume
from training.runs.snapshot import snapshot_build
from training.runs.waivers import Waiver, run_waive

pytestmark = pytest.mark.django_db
REASON = "a first look at the method, nobody will use it"


@pytest.fixture
def project() -> Project:
    """Its rollouts are unknown, so one threshold is not met."""
    project = make_project()
    trainable(project)
    LaunchThresholds.objects.filter(project=project).update(varied_pairs=0.3)
    return project


@pytest.fixture
def lead() -> User:
    return make_user(Role.LEAD, "mira")


def launch(project: Project, **values: Any) -> TrainingRun:
    return run_create(project=project, method="srpo", policy=policy_make(), **values)


def test_what_a_threshold_refuses_is_named_and_not_started(project: Project) -> None:
    with pytest.raises(PreflightRefused) as refused:
        launch(project)
    assert [name for name, _text in refused.value.lines] == ["varied_pairs"]
    assert not TrainingRun.objects.exists()


def test_a_lead_starts_it_with_a_reason_that_stays_on_the_run(
    project: Project, lead: User, settings: Any, tmp_path: Path
) -> None:
    settings.RUNS_DIR = tmp_path
    run = launch(project, waiver=Waiver(lead, REASON))
    assert run.state == TrainingRun.State.QUEUED
    waiver = LaunchWaiver.objects.get(run=run)
    assert (waiver.lead, waiver.reason, waiver.refusals) == (lead, REASON, run.refusals)
    manifest = read_json(snapshot_build(run=run) / "manifest.json") or {}
    (line,) = manifest["waivers"]
    assert (line["lead"], line["reason"], line["refusals"]) == ("mira", REASON, run.refusals)


def test_a_waiver_for_nothing_is_not_kept(project: Project, lead: User) -> None:
    LaunchThresholds.objects.filter(project=project).update(varied_pairs=None)
    run = launch(project, waiver=Waiver(lead, REASON))
    assert run.refusals == []
    assert not LaunchWaiver.objects.exists()


def test_a_held_run_waits_for_a_lead(project: Project, lead: User) -> None:
    run = launch(project, hold=True)
    assert run.state == TrainingRun.State.HELD
    assert len(run.refusals) == 1
    with pytest.raises(Denied):
        run_waive(run=run, waiver=Waiver(make_user(Role.ML_ENGINEER), REASON))
    with pytest.raises(Invalid):
        run_waive(run=run, waiver=Waiver(lead, "  because I want    "))
    with pytest.raises(Conflict):
        run_resume(run=run)
    assert run_waive(run=run, waiver=Waiver(lead, REASON)).state == TrainingRun.State.QUEUED
    with pytest.raises(Conflict):
        run_waive(run=run, waiver=Waiver(lead, REASON))
    assert LaunchWaiver.objects.count() == 1


def test_a_held_run_can_be_cancelled(project: Project, lead: User) -> None:
    run = run_cancel(run=launch(project, hold=True))
    assert run.state == TrainingRun.State.CANCELLED
    with pytest.raises(Conflict):
        run_waive(run=run, waiver=Waiver(lead, REASON))


def test_holding_what_nothing_refuses_starts_it(project: Project) -> None:
    LaunchThresholds.objects.filter(project=project).update(varied_pairs=None)
    assert launch(project, hold=True).state == TrainingRun.State.QUEUED

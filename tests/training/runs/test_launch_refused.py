"""A launch in the admin that the project's thresholds refuse, and what helps."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from annotation.people.roles import Role
from tests.factories import make_project
from tests.training.admin_door import LAUNCH, choice, client_of
from tests.training.scripted_policy import Scripted
from tests.training.world import cot, trainable
from training.models import LaunchThresholds, TrainingRun
from training.rollouts.batches import batch_run
from training.rollouts.tasks import rollouts_run

pytestmark = pytest.mark.django_db


def test_a_threshold_is_waived_by_a_lead_or_the_run_is_kept_for_one(
    engineer: Client, sent: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    project = make_project()
    trainable(project)
    LaunchThresholds.objects.filter(project=project).update(varied_pairs=0.3)
    page = engineer.post(LAUNCH, choice(project)).content.decode()
    assert "make a dry run" in page
    assert 'name="confirm"' not in page
    assert 'name="waive"' not in page  # an engineer is no lead
    waive = {"waive": "1", "reason": "we look at the curve alone"}
    assert (
        "is not a lead" in engineer.post(LAUNCH, {**choice(project), **waive}).content.decode()
    )
    refused = engineer.post(LAUNCH, {**choice(project), "confirm": "1"}).content.decode()
    assert "make a dry run" in refused
    assert not TrainingRun.objects.exists()
    engineer.post(LAUNCH, {**choice(project), "hold": "1"})
    assert TrainingRun.objects.get().state == TrainingRun.State.HELD
    admin = client_of(Role.ADMIN)
    short = admin.post(LAUNCH, {**choice(project), **waive, "reason": "so be it"})
    assert "at least 20 characters" in short.content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        admin.post(LAUNCH, {**choice(project), **waive})
    newest = TrainingRun.objects.latest("pk")
    assert (newest.state, sent) == (TrainingRun.State.QUEUED, [newest.pk])


def test_a_dry_run_is_asked_for_and_shown_where_the_launch_is_checked(
    engineer: Client, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    batches: list[int] = []
    monkeypatch.setattr(rollouts_run, "delay", batches.append)
    project = make_project()
    trainable(project)
    assert 'name="dry"' in engineer.post(LAUNCH, choice(project)).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        page = engineer.post(LAUNCH, {**choice(project), "dry": "1"}).content.decode()
    assert "under way" in page
    (batch,) = batches
    texts = [cot(tier=tier) for tier in "42424242"]
    batch_run(batch_id=batch, client=Scripted(*texts))
    page = engineer.post(LAUNCH, choice(project)).content.decode()
    assert "1 pairs, 8 rollouts each" in page
    assert "consensus 60 %" in page

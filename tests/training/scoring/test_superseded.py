"""Items of policies that have been trained further since."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from annotation.labelling.queue import queue_claim
from annotation.models import Pair, Project, QueueItem, Round
from annotation.people.roles import Role
from tests.factories import make_project, make_user
from tests.training.scoring.queued import item, ranks
from tests.training.world import policy_make
from training.models import Checkpoint, TrainingRun
from training.rollouts.batches import batch_create
from training.scoring.places import BAND
from training.scoring.queue_order import queue_rank

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(db: None) -> Project:
    project = make_project()
    project.explore_percent = 0
    project.save()
    return project


def trained_from(project: Project, policy: Checkpoint, name: str) -> Checkpoint:
    run = TrainingRun.objects.create(project=project, method="srpo", policy=policy)
    return Checkpoint.objects.create(name=name, path=f"/models/{name}", run=run)


def sampled(project: Project, policy: Checkpoint) -> None:
    batch_create(
        project=project, policy=policy, n=1, pairs=list(Pair.objects.filter(project=project))
    )


def test_items_of_a_superseded_policy_drop_a_band_and_then_out(project: Project) -> None:
    old, free = item(project, "chair", "4", "1"), item(project, "lamp", "4", "1")
    first = policy_make()
    sampled(project, first)
    queue_rank(project=project, rm=None)
    assert all(rank > 0 for rank in ranks(old, free))

    second = trained_from(project, first, "second")
    sampled(project, second)
    new = item(project, "table", "4", "1", policy="second")
    queue_rank(project=project, rm=None)
    assert all(-BAND < rank < 0 for rank in ranks(old, free))
    assert ranks(new)[0] > 0

    annotator: User = make_user(role=Role.ANNOTATOR)
    claim = queue_claim(annotator=annotator, project=project)
    assert claim is not None
    assert claim.item == new
    old.assignments.create(
        annotator=annotator, slot=0, expires_at=timezone.now() + timedelta(hours=1)
    )
    sampled(project, trained_from(project, second, "third"))
    queue_rank(project=project, rm=None)
    states = {each.pk: QueueItem.objects.get(pk=each.pk).state for each in (old, free, new)}
    assert states == {old.pk: "open", free.pk: "dropped", new.pk: "open"}
    assert "2 newer policies" in QueueItem.objects.get(pk=free.pk).note


def test_a_policy_of_an_earlier_round_is_superseded(project: Project) -> None:
    only = item(project, "chair", "4", "1")
    now = timezone.now()
    for number, policy in enumerate(("policy", "policy", "other"), 1):
        Round.objects.create(project=project, number=number, policy=policy, ended_at=now)
    queue_rank(project=project, rm=None)
    assert ranks(only)[0] < 0

"""The queue in the order of what a verdict is worth."""

from __future__ import annotations

from typing import Any

import pytest

from annotation.models import Project, QueueItem, Rollout
from annotation.quality.projects import project_save
from tests.factories import make_project, open_item
from tests.training.world import pair_make, rm_make, rollout_make
from training.models import Checkpoint, StepScore
from training.scoring.queue_order import queue_rank


@pytest.fixture
def rm(db: Any) -> Checkpoint:
    return rm_make()


@pytest.fixture
def project(db: Any) -> Project:
    """Every rollout of a pair has an item here, so that they can be ranked among each other."""
    project = make_project()
    project.reuse = False
    project.save()
    return project


def scored(rm: Checkpoint, rollout: Rollout, *ps: float) -> QueueItem:
    """``ps``: P(correct) of the first steps."""
    steps = rollout.steps.order_by("kind")
    for step, p in zip(steps, ps, strict=False):
        StepScore.objects.create(step=step, rm=rm, p=p)
    return open_item(rollout)


def ranks(*items: QueueItem) -> list[int]:
    return [QueueItem.objects.get(pk=item.pk).priority for item in items]


def group(rm: Checkpoint, project: Project, *ps: float) -> list[QueueItem]:
    pair = pair_make(project, "red chair", f"Chair {len(ps)}")
    return [scored(rm, rollout_make(pair, index=n), 0.99, p) for n, p in enumerate(ps)]


def test_the_least_sure_step_decides_by_how_much_an_item_comes_forward(
    project: Project, rm: Checkpoint
) -> None:
    project.order = "uncertainty"
    items = group(rm, project, 0.5, 0.75, 1.0)
    assert queue_rank(project=project, rm=rm) == 3
    assert ranks(*items) == [40, 20, 1]  # 40 x 1, 40 x 0.5, 40 x 0.02 and at least 1
    assert queue_rank(project=project, rm=rm) == 0


def test_flip_risk_weighs_it_by_the_advantages_that_would_change(
    project: Project, rm: Checkpoint
) -> None:
    project.order = "flip_risk"
    items = group(rm, project, 0.75, 0.25, 0.25, 0.25)
    queue_rank(project=project, rm=rm)
    assert ranks(*items) == [20, 5, 5, 5]


def test_by_default_the_oldest_comes_first_and_nothing_is_ranked(
    project: Project, rm: Checkpoint
) -> None:
    items = group(rm, project, 0.5)
    assert queue_rank(project=project, rm=rm) == 0
    assert ranks(*items) == [0]


def test_what_somebody_waits_for_and_what_has_no_score_keeps_its_place(
    project: Project, rm: Checkpoint
) -> None:
    project.order = "uncertainty"
    audit = group(rm, project, 0.5)[0]
    open_item(audit.rollout, reason=QueueItem.Reason.AUDIT)
    unscored = open_item(rollout_make(pair_make(project, "q", "Lamp")))
    assert queue_rank(project=project, rm=rm) == 0
    assert ranks(audit, unscored) == [50, 0]


def test_a_new_order_ranks_the_open_items_anew(project: Project, rm: Checkpoint) -> None:
    project.order = "uncertainty"
    project_save(project=project)
    items = group(rm, project, 0.75, 0.25, 0.25, 0.25)
    queue_rank(project=project, rm=rm)
    project.order = "flip_risk"
    project_save(project=project)
    assert ranks(*items) == [0, 0, 0, 0]
    queue_rank(project=project, rm=rm)
    assert ranks(*items) == [20, 5, 5, 5]

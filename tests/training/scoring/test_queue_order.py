"""The queue in the order of what an answer is worth."""

from __future__ import annotations

from typing import Any

import pytest

from annotation.labelling.opening import Wanted, rollouts_open
from annotation.labelling.queue import queue_ask, queue_claim, queue_open
from annotation.models import Project, QueueItem
from annotation.people.roles import Role
from annotation.quality.projects import project_save
from tests.factories import make_project, make_user
from tests.training.scoring.queued import item, ranks, rollouts
from tests.training.world import (
    pair_make,
    release_make,
    rm_make,
    truth_make,
)
from training.models import Checkpoint, ItemRank, StepScore
from training.scoring.queue_order import queue_rank
from training.tasks import scoring_due


@pytest.fixture
def rm(db: Any) -> Checkpoint:
    return rm_make()


@pytest.fixture
def project(db: Any) -> Project:
    project = make_project()
    project.explore_percent = 0
    project.save()
    return project


def ordered(project: Project, order: str) -> Project:
    project.order = order
    project_save(project=project)
    return project


def scored(rm: Checkpoint, item: QueueItem, p: float) -> QueueItem:
    step = item.rollout.steps.get(kind=5)
    StepScore.objects.create(step=step, rm=rm, p=p)
    return item


def test_without_a_reward_model_a_new_project_asks_where_the_policy_contradicts_itself(
    project: Project,
) -> None:
    assert project.order == "expected_change"
    sure = item(project, "chair", "4", "4")
    torn = item(project, "lamp", "4", "1")
    scoring_due()
    low, high = ranks(sure, torn)
    assert 0 < low < high
    annotator = make_user(role=Role.ANNOTATOR)
    claim = queue_claim(annotator=annotator, project=project)
    assert claim is not None
    assert claim.item == torn


def test_the_least_sure_step_decides_by_how_much_an_item_comes_forward(
    project: Project, rm: Checkpoint
) -> None:
    ordered(project, "uncertainty")
    items = [scored(rm, item(project, f"q{n}", "4"), p) for n, p in enumerate((1.0, 0.5, 0.75))]
    assert queue_rank(project=project, rm=rm) == 3
    sure, coin, between = ranks(*items)
    assert 0 < sure < between < coin
    assert queue_rank(project=project, rm=rm) == 0


def test_expected_change_asks_what_the_next_run_does_not_know_yet(
    project: Project, rm: Checkpoint
) -> None:
    ordered(project, "expected_change")
    known, unknown = item(project, "chair", "4", "1"), item(project, "lamp", "4", "1")
    truth_make(known.rollout.pair)
    for each in (known, unknown):
        scored(rm, each, 0.5)
    queue_rank(project=project, rm=rm)
    low, high = ranks(known, unknown)
    assert low < high
    assert ItemRank.objects.get(item=known).worth == 0


def test_a_reward_model_that_is_put_in_charge_places_anew_what_claim_entropy_placed(
    project: Project, rm: Checkpoint
) -> None:
    torn = scored(rm, item(project, "chair", "4", "1"), 0.1)
    other = scored(rm, item(project, "lamp", "4", "4", "1"), 1.0)
    queue_rank(project=project, rm=None)
    low, high = ranks(other, torn)
    assert low < high
    assert queue_rank(project=project, rm=rm) == 2
    assert ranks(other, torn) == [high, low], "of the torn one most values would move nothing"


def test_oldest_first_ranks_nothing(project: Project, rm: Checkpoint) -> None:
    ordered(project, "oldest")
    only = item(project, "chair", "4", "1")
    assert queue_rank(project=project, rm=rm) == 0
    assert ranks(only) == [0]


def test_what_somebody_waits_for_and_what_has_no_score_keeps_its_place(
    project: Project, rm: Checkpoint
) -> None:
    ordered(project, "uncertainty")
    audit = scored(rm, item(project, "chair", "4"), 0.5)
    queue_open(rollout=audit.rollout, reason=QueueItem.Reason.AUDIT)
    unscored = item(project, "lamp", "4")
    assert queue_rank(project=project, rm=rm) == 0
    assert ranks(audit, unscored) == [50, 0]


def test_a_new_order_places_the_open_items_anew_and_oldest_takes_the_places_back(
    project: Project, rm: Checkpoint
) -> None:
    one = scored(rm, item(project, "chair", "4", "4"), 0.5)
    other = scored(rm, item(project, "lamp", "4", "1"), 1.0)
    queue_rank(project=project, rm=rm)
    low, high = ranks(one, other)
    ordered(project, "uncertainty")
    assert queue_rank(project=project, rm=rm) == 2
    assert ranks(one, other) == [high, low]
    ordered(project, "oldest")
    queue_rank(project=project, rm=rm)
    assert ranks(one, other) == [0, 0]


def test_what_somebody_raised_by_hand_stays_raised(project: Project) -> None:
    raised, other = item(project, "chair", "4"), item(project, "lamp", "4", "1")
    queue_rank(project=project, rm=None)
    queue_open(rollout=raised.rollout, priority=45)
    release_make(project)
    assert queue_rank(project=project, rm=None) == 1
    assert ranks(raised)[0] == 45
    ordered(project, "oldest")
    queue_rank(project=project, rm=None)
    assert ranks(raised, other) == [45, 0]


@pytest.mark.parametrize("order", ["claim_entropy", "uncertainty"])
def test_items_are_placed_again_when_a_release_is_cut(
    project: Project, rm: Checkpoint, order: str
) -> None:
    ordered(project, order)
    scored(rm, item(project, "chair", "4", "1"), 0.5)
    assert [queue_rank(project=project, rm=rm) for _ in range(2)] == [1, 0]
    release_make(project)
    assert [queue_rank(project=project, rm=rm) for _ in range(2)] == [1, 0]


def test_items_are_placed_again_when_another_reward_model_is_in_charge(
    project: Project, rm: Checkpoint
) -> None:
    ordered(project, "uncertainty")
    one, other = item(project, "chair", "4"), item(project, "lamp", "4")
    second = rm_make(name="second")
    for judge, ps in ((rm, (0.5, 1.0)), (second, (1.0, 0.5))):
        for each, p in zip((one, other), ps, strict=True):
            scored(judge, each, p)
    queue_rank(project=project, rm=rm)
    before = ranks(one, other)
    assert queue_rank(project=project, rm=second) == 2
    assert ranks(one, other) == before[::-1]


def test_a_call_does_a_bounded_share(project: Project) -> None:
    for n in range(5):
        item(project, f"q{n}", "4", "1")
    counts = [queue_rank(project=project, rm=None, limit=2) for _ in range(4)]
    assert counts == [2, 2, 1, 0]


def test_a_second_item_of_a_pair_waits_and_so_does_a_third_of_a_query(project: Project) -> None:
    pair = pair_make(project, "chair", "Chair")
    first, second = (queue_ask(rollout=each) for each in rollouts(pair, "4", "4"))
    more = [
        queue_ask(rollout=rollouts(pair_make(project, "chair", f"Chair {n}"), "4", "4")[0])
        for n in range(2)
    ]
    queue_rank(project=project, rm=None)
    front = [priority > 0 for priority in ranks(first, second, *more)]
    assert front == [True, False, True, False]


def test_of_a_batch_the_reading_that_most_rollouts_share_asks_about_the_values(
    project: Project,
) -> None:
    group = rollouts(pair_make(project, "chair", "Chair"), "1", "4", "4")
    opened = rollouts_open(rollouts=group, wanted=Wanted())
    assert {each.rollout_id: each.kinds for each in opened.items} == {
        group[1].pk: [1, 2, 3, 4, 5]
    }


def test_what_chance_places_is_marked_with_its_probability_and_stays_so(
    project: Project,
) -> None:
    project.explore_percent = 30
    project.save()
    items = [item(project, f"q{n}", "4", "1") for n in range(40)]
    queue_rank(project=project, rm=None)
    rows = QueueItem.objects.filter(pk__in=[each.pk for each in items])
    marks = dict(rows.values_list("pk", "selection"))
    drawn = rows.filter(selection="explore")
    assert 3 <= drawn.count() <= 22
    assert set(drawn.values_list("probability", flat=True)) == {0.3}
    assert set(rows.exclude(selection="explore").values_list("selection", "probability")) == {
        ("order", None)
    }
    project.explore_percent = 0
    project.save()
    queue_rank(project=project, rm=None)
    assert dict(rows.values_list("pk", "selection")) == marks


def test_an_item_that_waits_comes_forward_when_the_release_knows_the_first(
    project: Project,
) -> None:
    items = [
        queue_ask(rollout=rollouts(pair_make(project, "chair", f"Chair {n}"), "4", "1")[0])
        for n in range(3)
    ]
    queue_rank(project=project, rm=None)
    assert [rank > 0 for rank in ranks(*items)] == [True, True, False]
    QueueItem.objects.filter(pk=items[0].pk).update(state=QueueItem.State.RESOLVED)
    release_make(project)
    queue_rank(project=project, rm=None)
    assert ranks(items[2])[0] > 0

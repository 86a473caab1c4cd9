"""A round starts, goes on and stops; where it stands is read from its rows."""

from __future__ import annotations

from typing import Any

import pytest

from annotation.cot.errors import Conflict, Invalid
from annotation.models import QueueItem, Round
from tests.factories import make_project
from tests.training.rounds.played import (
    advance,
    decided,
    facts,
    round_make,
    sampled,
    shop_make,
    state,
    trained,
    waits,
)
from tests.training.world import pair_make, policy_make
from training.models import Checkpoint, RolloutBatch, TrainingRun
from training.rounds.rounds import (
    round_start,
    round_stop,
)
from training.rounds.standing import State

pytestmark = pytest.mark.django_db


def test_a_round_is_turned_by_hand_one_stage_a_press() -> None:
    project = shop_make()
    row = round_make(project)
    assert (row.number, row.policy, state(row)) == (1, "seed", State.SAMPLING)
    with pytest.raises(Conflict, match="0 of 2 rollouts are sampled"):
        advance(row)
    sampled(row)
    assert QueueItem.objects.filter(round=row).count() == 2
    assert state(row) == State.LABELLING
    with pytest.raises(Conflict, match="0 of 2 items are decided, 0 are split"):
        advance(row)
    decided(row)
    assert state(row) == State.RELEASING
    assert state(advance(row)) == State.JUDGING
    assert facts(row).release is not None
    advance(row)
    with pytest.raises(Conflict, match=r"run \d+ is queued"):
        advance(row)
    trained(facts(row).judging)
    assert state(row) == State.TRAINING
    advance(row)
    run = facts(row).training
    assert run is not None
    assert run.release == facts(row).release
    TrainingRun.objects.filter(pk=run.pk).update(state="running", step=2, total_steps=2)
    assert state(row) == State.EVALUATING
    with pytest.raises(Conflict, match="held-out pairs are being answered"):
        advance(row)
    policy = trained(run)
    assert state(advance(row)) == State.DONE
    with pytest.raises(Conflict, match="round 1 has ended"):
        advance(row)
    second = round_start(project=project).round
    assert (second.number, second.policy, second.plan) == (2, policy.name, row.plan)


def test_only_as_many_items_as_planned_must_be_decided() -> None:
    row = round_make(shop_make(), decided=1)
    sampled(row)
    decided(row, 1)
    assert state(row) == State.RELEASING
    assert facts(row).labels.live == 1


def test_splits_alone_are_waited_for_with_the_lead() -> None:
    row = round_make(shop_make())
    sampled(row)
    assert waits(row) == ("annotators", "0 of 2 items are decided, 0 are split")
    QueueItem.objects.filter(round=row).update(state="split")
    assert waits(row) == ("lead", "0 of 2 items are decided, 2 are split")


def test_a_refused_preflight_is_told_to_the_person_who_pressed() -> None:
    row = round_make(shop_make())
    sampled(row)
    decided(row, wrong=0)
    advance(row)
    with pytest.raises(Invalid, match="both verdicts"):
        advance(row)
    assert state(row) == State.JUDGING


def test_the_round_after_a_stopped_one_starts_from_the_same_policy() -> None:
    project = shop_make()
    first = round_make(project)
    round_stop(round_id=first.pk, reason="the shop is closed")
    first.refresh_from_db()
    assert first.stop_reason == "stopped by a command: the shop is closed"
    with pytest.raises(Conflict, match="round 1 has ended already"):
        round_stop(round_id=first.pk, reason="")
    second = round_start(project=project).round
    assert (second.number, second.policy) == (2, "seed")


def test_one_round_of_a_project_is_open_at_a_time() -> None:
    project = shop_make()
    round_make(project)
    with pytest.raises(Conflict, match="round 1 is open"):
        round_start(project=project)
    assert Round.objects.count() == 1


def test_pairs_that_people_have_decided_are_sampled_last() -> None:
    project = shop_make()
    first = round_make(project, pairs=1)
    sampled(first)
    decided(first)
    advance(first)
    round_stop(round_id=first.pk, reason="")
    second = round_start(project=project).round
    batches = RolloutBatch.objects.order_by("pk").values_list("pair_ids", flat=True)
    assert batches[0] != batches[1]
    assert second.plan["pairs"] == 1


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ({"speed": 1}, "unknown key 'speed' in the plan"),
        ({"pairs": 0}, "pairs of the plan must be a whole number from 1 to 100000"),
        ({"pairs": True}, "pairs of the plan must be a whole number"),
        ({"temperature": "hot"}, "temperature of the plan must be a number from 0 to 10"),
        ({"items": 3, "rollouts": 2}, "items of the plan cannot be more than its rollouts"),
        ({"method": "rm"}, "method of the plan must be one of"),
        ({"rm": []}, "rm of the plan must be a table of settings"),
        ({"policy": {"rl": {"group": 1}}}, "policy of the plan: 'rl.group' must be 2 to"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused_by_its_key(
    plan: dict[str, Any], message: str
) -> None:
    project = shop_make()
    with pytest.raises(Invalid, match=message):
        round_start(project=project, policy=Checkpoint.objects.get(name="seed"), plan=plan)
    assert not Round.objects.exists()


def test_a_project_without_a_pair_to_sample_opens_no_round() -> None:
    with pytest.raises(Invalid, match="there is no pair to sample"):
        round_start(project=make_project(), policy=policy_make())
    assert not Round.objects.exists()


def test_a_shop_without_a_policy_of_its_own_is_not_sampled_with_the_samples() -> None:
    project = make_project()
    pair_make(project, "a", "a")
    with pytest.raises(Invalid, match="no policy of its own yet"):
        round_start(project=project)
    assert not Round.objects.exists()

"""What a round begins by itself, and what stops it."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from annotation.labelling.submit import LabelInput
from annotation.models import QueueItem, Round
from tests.factories import make_user, submit
from tests.training.rounds.played import (
    decided,
    facts,
    round_make,
    sampled,
    shop_make,
    state,
    tick,
    trained,
    waits,
)
from training.job.files import write_jsonl
from training.judges.gate import GateReport, Measured
from training.models import Checkpoint, RmAppointment, RmGate, RolloutBatch, TrainingRun
from training.rounds.rounds import (
    round_autopilot,
    round_stop,
)
from training.rounds.select import rewarding_rm
from training.rounds.standing import State
from training.runs.snapshot import run_folder
from training.runs.thresholds import thresholds_set

pytestmark = pytest.mark.django_db


def test_without_autopilot_nothing_begins_by_itself() -> None:
    row = round_make(shop_make("off"))
    sampled(row)
    decided(row)
    assert state(tick(row)) == State.RELEASING
    assert facts(row).release is None


def test_the_autopilot_to_the_release_leaves_the_training_to_people() -> None:
    row = round_make(shop_make("to_release"))
    sampled(row)
    assert state(tick(row)) == State.LABELLING
    decided(row)
    assert state(tick(row)) == State.JUDGING
    assert state(tick(row)) == State.JUDGING
    assert facts(row).judging is None


def test_the_whole_autopilot_makes_as_many_rounds_as_planned() -> None:
    row = round_make(shop_make("whole"))
    left = []
    for _number in (1, 2):
        sampled(row)
        decided(row)
        assert state(tick(row)) == State.JUDGING
        trained(facts(row).judging)
        assert state(tick(row)) == State.TRAINING
        left.append(trained(facts(row).training).name)
        row = tick(row)
    assert (row.number, row.policy, state(row)) == (2, left[0], State.DONE)
    assert list(Round.objects.values_list("number", flat=True)) == [1, 2]
    batches = RolloutBatch.objects.order_by("pk")
    assert list(batches.values_list("round__number", "policy__name")) == [
        (1, "seed"),
        (2, left[0]),
    ]


def test_a_tick_twice_begins_nothing_twice() -> None:
    row = round_make(shop_make("whole"))
    sampled(row)
    decided(row)
    tick(row)
    tick(row)
    assert TrainingRun.objects.filter(round=row).count() == 1


@pytest.mark.parametrize("run", ["judging", "training"])
def test_a_run_that_fails_keeps_the_round_waiting_for_an_engineer(run: str) -> None:
    row = round_make(shop_make("whole"))
    sampled(row)
    decided(row)
    tick(row)
    if run == "training":
        trained(facts(row).judging)
        tick(row)
    newest = TrainingRun.objects.latest("pk")
    TrainingRun.objects.filter(pk=newest.pk).update(state="failed")
    assert state(tick(row)) == run
    assert waits(row) == (
        "engineer",
        f"run {newest.pk} is failed: resume it, or stop the round",
    )


def test_a_refused_preflight_stops_the_autopilot_and_says_why() -> None:
    row = round_make(shop_make("whole"))
    sampled(row)
    decided(row, wrong=0)
    tick(row)
    row.refresh_from_db()
    assert state(row) == State.STOPPED
    assert "a reward model needs both verdicts" in row.stop_reason
    assert facts(row).release is not None, "what was done before stays"


def test_an_alarm_at_the_end_of_the_run_stops_the_autopilot() -> None:
    row = round_make(shop_make("whole"))
    sampled(row)
    decided(row)
    tick(row)
    trained(facts(row).judging)
    tick(row)
    trained(facts(row).training, alarms=("entropy_collapse",))
    row = tick(row)
    assert (row.number, state(row)) == (1, State.STOPPED)
    assert row.stop_reason.endswith("ended with an alarm: entropy_collapse")


def test_a_spent_label_budget_stops_the_labelling() -> None:
    row = round_make(shop_make("whole"), budget=5)
    sampled(row)
    assert state(tick(row)) == State.LABELLING
    item = QueueItem.objects.filter(round=row).order_by("pk").first()
    assert item is not None
    submit(item, make_user(), [LabelInput(kind, "correct") for kind in range(1, 6)])
    row = tick(row)
    assert (state(row), row.stop_reason) == (
        State.STOPPED,
        "the label budget is spent: 5 of 5",
    )


def test_stopping_cancels_the_runs_of_the_round() -> None:
    row = round_make(shop_make("whole"))
    sampled(row)
    decided(row)
    tick(row)
    round_stop(round_id=row.pk, reason="")
    assert TrainingRun.objects.get(round=row).state == TrainingRun.State.CANCELLED


@pytest.mark.django_db(transaction=True)
def test_a_second_worker_leaves_a_round_alone_that_is_being_advanced() -> None:
    row = round_make(shop_make("whole"))
    seen: list[object] = []

    def other() -> None:
        try:
            seen.append(round_autopilot(round_id=row.pk))
        finally:
            connection.close()

    with transaction.atomic():
        Round.objects.select_for_update().get(pk=row.pk)
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert seen == [None]


def test_a_macro_f1_that_fell_stops_the_autopilot(tmp_path: Path, settings: Any) -> None:
    settings.RUNS_DIR = tmp_path
    row = round_make(shop_make("whole"))
    sampled(row)
    decided(row)
    tick(row)
    trained(facts(row).judging)
    tick(row)
    run = facts(row).training
    assert run is not None
    bench = row.project.pairs.get(split="test").pk
    for moment, tier in (("before", "4"), ("after", "1")):
        answers = [{"pair_id": str(bench), "text": "", "tier": tier}]
        write_jsonl(run_folder(run) / f"predictions_{moment}.jsonl", answers)
    trained(run)
    row = tick(row)
    assert (row.number, row.stop_reason) == (
        1,
        "macro F1 fell from 1.000 to 0.000 on the same pairs (difference -1.000 to -1.000)",
    )


def test_a_threshold_that_is_not_met_stops_the_autopilot_with_its_line() -> None:
    project = shop_make("whole")
    thresholds_set(project=project, varied_pairs=0.3)
    row = round_make(project)
    sampled(row)
    decided(row)
    tick(row)
    trained(facts(row).judging)
    tick(row)
    assert state(row) == State.STOPPED
    assert row.stop_reason.startswith("how often the policy's rollouts of a pair differ is unk")


def test_without_a_reward_model_in_charge_people_alone_give_the_rewards() -> None:
    row = round_make(shop_make("whole"))
    sampled(row)
    decided(row)
    tick(row)
    rm = trained(facts(row).judging)
    tick(row)
    run = facts(row).training
    assert run is not None
    assert run.rm is None
    RmAppointment.objects.create(project=row.project, rm=rm)
    assert rewarding_rm(row.project) == rm


def gated(row: Round, rm: Checkpoint, *failed: str, n: int = 400) -> RmGate:
    """The gate has measured the round's reward model; each of ``failed`` is a failing line."""
    measures = [Measured(name, 0.4, 0.5, -0.1, -0.2, 0.0, 0.0, False) for name in failed]
    report = GateReport(n, 40, measures=measures).stored()
    return RmGate.objects.create(project=row.project, rm=rm, state="done", report=report)


def turned(row: Round, *failed: str, n: int = 400) -> Round:
    """On to the policy's run, with a reward model on which the gate has its verdict."""
    sampled(row)
    decided(row)
    tick(row)
    gated(row, trained(facts(row).judging), *failed, n=n)
    return tick(row)


def test_the_gate_is_waited_for_and_what_it_appoints_rewards_the_run() -> None:
    row = round_make(shop_make("whole"))
    sampled(row)
    decided(row)
    tick(row)
    rm = trained(facts(row).judging)
    gate = gated(row, rm)
    RmGate.objects.update(state="running")
    assert state(tick(row)) == State.JUDGING
    assert waits(row) == ("worker", f"the gate measures {rm.name}")
    RmGate.objects.update(state="done")
    assert waits(row) == ("lead", f"{rm.name} passed the gate and is to be appointed")
    RmAppointment.objects.create(project=row.project, rm=gate.rm)
    tick(row)
    run = facts(row).training
    assert run is not None
    assert run.rm == rm


def test_a_refused_reward_model_does_not_end_the_circle_but_a_second_one_does() -> None:
    row = turned(round_make(shop_make("whole")), "auc")
    run = facts(row).training
    assert run is not None
    assert run.rm is None, "people alone give the rewards"
    trained(run)
    second = tick(row)
    assert second.number == 2
    assert state(turned(second, "auc")) == State.STOPPED
    second.refresh_from_db()
    assert second.stop_reason.startswith("the gate refused the reward model twice in a row: ")


def test_too_little_gold_is_no_refusal() -> None:
    row = turned(round_make(shop_make("whole")), "auc", n=399)
    trained(facts(row).training)
    assert state(turned(tick(row), "auc", n=399)) == State.TRAINING

"""A candidate: scored in shadow, measured, and in charge when it passes."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from annotation.cot.errors import Conflict, Invalid
from annotation.models import Project, QueueItem, Rollout
from annotation.models.job_run import jobs_recover
from tests.training.judges.conftest import RmMaker
from tests.training.world import (
    appointed,
    pair_make,
    policy_make,
    resolve,
    rollout_make,
    stand_in,
)
from training.judges.gating import gate_request, gate_run
from training.models import Checkpoint, Disagreement, RmAppointment, RmGate, StepScore
from training.runs.runs import run_create, run_launch
from training.scoring.scoring import ScoringFailed
from training.scoring.select import current_rm

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("scorer")]
# what the stand-in scorer says
AGREES = {1: "incorrect", 2: "incorrect", 3: "correct", 4: "incorrect", 5: "incorrect"}
DIFFERS = {kind: "correct" if v == "incorrect" else "incorrect" for kind, v in AGREES.items()}


def gold(
    project: Project, count: int, verdicts: dict[int, str], start: int = 0
) -> list[Rollout]:
    rollouts = []
    for at in range(start, start + count):
        rollout = rollout_make(pair_make(project, f"gold {at}", f"gold {at}", split="test"))
        resolve(rollout, verdicts)
        rollouts.append(rollout)
    return rollouts


def gated(project: Project, rm: Checkpoint, promote: bool = True) -> RmGate:
    row = gate_run(gate_id=gate_request(project=project, rm=rm, promote=promote).pk)
    assert row is not None
    return row


def test_a_candidate_that_passes_is_put_in_charge_by_the_gate(
    project: Project, rm_of: RmMaker
) -> None:
    gold(project, 80, AGREES)
    row = gated(project, rm_of("rm"))
    appointment = RmAppointment.objects.get()
    assert (appointment.by, appointment.reason) == (None, "passed the gate")
    assert appointment.report["gate"] == row.report
    assert row.report["n"] == 400
    assert not Disagreement.objects.exists()


def test_without_promote_it_is_only_measured(project: Project, rm_of: RmMaker) -> None:
    gold(project, 80, AGREES)
    gated(project, rm_of("rm"), promote=False)
    assert current_rm(project) is None


def test_a_candidate_that_is_refused_disputes_nothing_and_is_scored_in_shadow_only(
    project: Project, rm_of: RmMaker
) -> None:
    judged = gold(project, 3, DIFFERS)
    waiting, other = (rollout_make(pair_make(project, name, name)) for name in ("w", "o"))
    QueueItem.objects.create(project=project, rollout=waiting, overlap=1, kinds=[1])
    row = gated(project, rm_of("rm"))
    assert (row.state, row.report["n"]) == ("done", 15)
    assert current_rm(project) is None
    assert not Disagreement.objects.exists()
    scored = set(StepScore.objects.values_list("step__rollout", flat=True))
    assert scored == {waiting.pk, *(rollout.pk for rollout in judged)}
    assert not StepScore.objects.filter(step__rollout=other).exists()


def test_the_shadow_ends_at_its_cap_and_gold_comes_first(
    project: Project, rm_of: RmMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.judges.gating.MOST_STEPS", 7)
    (judged,) = gold(project, 1, AGREES)
    waiting = rollout_make(pair_make(project, "w", "w"))
    QueueItem.objects.create(project=project, rollout=waiting, overlap=1, kinds=[1])
    gated(project, rm_of("rm"))
    assert StepScore.objects.filter(step__rollout=judged).count() == 5
    assert StepScore.objects.filter(step__rollout=waiting).count() == 2


def test_against_a_champion_both_are_measured_on_the_same_steps(
    project: Project, rm_of: RmMaker
) -> None:
    champion = appointed(project, rm_of("champion", ("gold 0",)))
    gold(project, 4, AGREES)
    row = gated(project, rm_of("rm", ("gold 1",)))
    assert (row.report["against"], row.report["n"], row.report["queries"]) == (
        "champion",
        10,
        2,
    )
    names = [measure["name"] for measure in row.report["measures"]]
    assert names == ["majority", "auc", "accuracy", "processbench_f1", "ece"]
    assert StepScore.objects.filter(rm=champion).count() == 10, "what it lacked"
    assert current_rm(project) == champion, "not enough gold"


def test_models_of_the_final_step_alone_are_compared_on_it(
    project: Project, rm_of: RmMaker
) -> None:
    final = {"rm": {"held_out": {"by_kind": {"5": {"n": 3}}}}}
    appointed(project, rm_of("champion"))
    gold(project, 2, AGREES)
    row = gated(project, rm_of("rm", report=final))
    assert row.report["n"] == 2
    assert "processbench_f1" not in [measure["name"] for measure in row.report["measures"]]


def test_only_a_reward_model_that_is_not_in_charge_is_a_candidate(
    project: Project, rm_of: RmMaker
) -> None:
    with pytest.raises(Invalid, match="not a reward model"):
        gate_request(project=project, rm=policy_make())
    rm = appointed(project, rm_of("rm"))
    with pytest.raises(Conflict, match="in charge already"):
        gate_request(project=project, rm=rm)


def test_a_scorer_that_dies_twice_parks_the_gate_with_the_reason_until_somebody_asks_again(
    project: Project, rm_of: RmMaker
) -> None:
    resolve(rollout_make(pair_make(project, "explode", "t", split="test")), AGREES)
    rm = rm_of("rm")
    gate = gate_request(project=project, rm=rm)
    for _ in range(2):
        with pytest.raises(ScoringFailed):
            gate_run(gate_id=gate.pk)
        jobs_recover(RmGate)
    gate.refresh_from_db()
    assert gate.state == "failed"
    assert "model folder is damaged" in gate.error
    assert gate_run(gate_id=gate.pk) is None
    assert gate_request(project=project, rm=rm).state == "queued"


def test_a_finished_reward_model_run_queues_its_gate(project: Project, settings: Any) -> None:
    settings.TRAIN_LAUNCHER = stand_in("stand_in_trainer.py", "finish")
    resolve(rollout_make(pair_make(project, "a", "a")), {1: "correct", 2: "incorrect"})
    run = run_create(project=project, method="rm", policy=policy_make(), config={})
    run_launch(run_id=run.pk, worker="test")
    gate = RmGate.objects.get()
    assert (gate.rm.run, gate.state, gate.promote) == (run, "queued", True)
    assert jobs_recover(RmGate) == [gate.pk], "beat sends it if nobody did"


def command(*arguments: str) -> str:
    out = io.StringIO()
    call_command("rm_gate", "--project", "shop", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_tells_what_fails_and_promotes_only_when_told(
    project: Project, rm_of: RmMaker
) -> None:
    rm = rm_of("rm")
    gold(project, 2, AGREES)
    assert "refused: not enough gold: 10 of 400" in command("--candidate", "rm", "--promote")
    assert current_rm(project) is None
    gold(project, 78, AGREES, start=2)
    facts = json.loads(command("--candidate", "rm", "--json"))
    assert (facts["passes"], facts["appointed"], facts["failing"]) == (True, False, [])
    assert "passes; in charge now" in command("--candidate", "rm", "--promote")
    assert current_rm(project) == rm
    with pytest.raises(CommandError, match="in charge already"):
        command("--candidate", "rm")

"""Who is in charge: appointed by name and reason, withdrawn with what it disputes."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection

from annotation.cot.errors import Conflict, Denied, GateRefused, Invalid
from annotation.models import Project, QueueItem
from annotation.people.roles import Role, role_grant
from tests.factories import make_project
from tests.training.judges.conftest import RmMaker
from tests.training.world import pair_make, policy_make, resolve, rm_make, rollout_make
from training.disagreements.disagreements import disagreements_open, disagreements_requeue
from training.judges.appointing import rm_appoint, rm_roll_back
from training.judges.gate import GateReport, Measured
from training.judges.select import appointments, gate_refusal, judges
from training.models import Checkpoint, Disagreement, RmAppointment, RmGate, StepScore
from training.scoring.select import current_rm

pytestmark = pytest.mark.django_db


def measured(
    project: Project, rm: Checkpoint, against: str = "", n: int = 500, passes: bool = True
) -> RmGate:
    low = 0.02 if passes else -0.01
    row = Measured("majority", 0.9, 0.8, 0.1, low, 0.2, 0.0, passes)
    report = GateReport(n, 100, 400, against, [row])
    return RmGate.objects.create(project=project, rm=rm, state="done", report=report.stored())


def test_what_passes_the_gate_is_put_in_charge_with_its_numbers(
    project: Project, rm_of: RmMaker, lead: User
) -> None:
    rm = rm_of("rm")
    gate = measured(project, rm)
    row = rm_appoint(project=project, rm=rm, lead=lead, reason=" first ")
    assert current_rm(project) == rm
    assert (row.by, row.reason, row.until) == (lead, "first", None)
    assert row.report == {"gate": gate.report, "overridden": []}


def test_the_next_one_ends_the_appointment_before_it_and_every_row_stays(
    project: Project, rm_of: RmMaker, lead: User
) -> None:
    first, second = rm_of("first"), rm_of("second")
    measured(project, first)
    measured(project, second, against="first")
    for rm in (first, second):
        rm_appoint(project=project, rm=rm, lead=lead, reason="better")
    newest, oldest = appointments(project)
    assert (newest.rm, oldest.rm) == (second, first)
    assert newest.until is None
    assert oldest.until is not None
    assert oldest.until <= newest.since


@pytest.mark.parametrize(
    ("gate", "line"),
    [
        (None, "the gate has not measured it yet"),
        ({"state": "running"}, "the gate is measuring it"),
        ({"state": "failed", "error": "no folder"}, "could not measure it: no folder"),
    ],
)
def test_without_a_measurement_the_gate_refuses(
    project: Project, rm_of: RmMaker, lead: User, gate: dict[str, str] | None, line: str
) -> None:
    rm = rm_of("rm")
    if gate is not None:
        RmGate.objects.create(project=project, rm=rm, **gate)
    with pytest.raises(GateRefused, match=line):
        rm_appoint(project=project, rm=rm, lead=lead, reason="because")
    assert current_rm(project) is None


def test_the_failing_lines_are_told_and_a_lead_may_override_them_on_record(
    project: Project, rm_of: RmMaker, lead: User
) -> None:
    rm = rm_of("rm")
    measured(project, rm, n=180, passes=False)
    lines = (
        "not enough gold: 180 of 400",
        "accuracy 0.900 does not beat the majority 0.800: the lower bound of the difference "
        "is -0.010",
    )
    with pytest.raises(GateRefused) as refused:
        rm_appoint(project=project, rm=rm, lead=lead, reason="because")
    assert refused.value.lines == list(lines)
    with pytest.raises(GateRefused):
        rm_appoint(project=project, rm=rm, reason="nobody overrides", override=True)
    row = rm_appoint(project=project, rm=rm, lead=lead, reason="a pilot", override=True)
    assert row.report["overridden"] == list(lines)
    assert (row.by, row.reason) == (lead, "a pilot")


def test_a_measurement_against_somebody_else_is_out_of_date(
    project: Project, rm_of: RmMaker, lead: User
) -> None:
    first, second = rm_of("first"), rm_of("second")
    for rm in (first, second):
        measured(project, rm)
    rm_appoint(project=project, rm=first, lead=lead, reason="first")
    assert gate_refusal(project, second) == ["the gate measured it before first took charge"]


def test_only_leads_appoint_and_only_the_reward_models_of_finished_runs(
    project: Project, rm_of: RmMaker, lead: User
) -> None:
    engineer = role_grant(user=User.objects.create_user("emil"), role=Role.ML_ENGINEER)
    rm = rm_of("rm")
    measured(project, rm)
    with pytest.raises(Denied):
        rm_appoint(project=project, rm=rm, lead=engineer, reason="mine")
    with pytest.raises(Denied):
        rm_roll_back(project=project, lead=engineer, reason="mine")
    with pytest.raises(Invalid, match="say why"):
        rm_appoint(project=project, rm=rm, lead=lead, reason="  ")
    others = make_project(slug="other")
    for odd in (policy_make(), rm_make(name="registered")):
        with pytest.raises(Conflict, match="no reward model of this project"):
            rm_appoint(project=project, rm=odd, lead=lead, reason="x", override=True)
    with pytest.raises(Conflict, match="no reward model of this project"):
        rm_appoint(project=others, rm=rm, lead=lead, reason="x", override=True)
    with pytest.raises(Conflict, match="is failed"):
        rm_appoint(project=project, rm=rm_of("broken", state="failed"), lead=lead, reason="x")
    rm_appoint(project=project, rm=rm, lead=lead, reason="x")
    with pytest.raises(Conflict, match="in charge already"):
        rm_appoint(project=project, rm=rm, lead=lead, reason="x")


def disputed(project: Project, rm: Checkpoint, query: str, p: float = 0.9) -> None:
    rollout = rollout_make(pair_make(project, query, query))
    resolve(rollout, {3: "incorrect"})
    StepScore.objects.create(step=rollout.steps.get(kind=3), rm=rm, p=p)


def test_rolling_back_puts_the_former_model_back_and_withdraws_what_the_new_one_disputes(
    project: Project, rm_of: RmMaker, lead: User
) -> None:
    first, second = rm_of("first"), rm_of("second")
    for rm in (first, second):
        rm_appoint_anyway(project, rm, lead)
    disputed(project, second, "a")
    disagreements_open(project=project)
    disagreements_requeue(project=project)
    row = rm_roll_back(project=project, lead=lead, reason="it is wrong about chairs")
    assert row is not None
    assert (row.rm, row.report["instead_of"]) == (first, "second")
    assert current_rm(project) == first
    assert Disagreement.objects.get().state == "withdrawn"
    assert QueueItem.objects.get(reason="disagreement").state == "dropped"
    assert StepScore.objects.filter(rm=second).exists(), "its scores are kept"


def rm_appoint_anyway(project: Project, rm: Checkpoint, lead: User) -> RmAppointment:
    return rm_appoint(project=project, rm=rm, lead=lead, reason="a pilot", override=True)


def test_rolling_back_the_first_model_leaves_nobody_in_charge(
    project: Project, rm_of: RmMaker, lead: User
) -> None:
    rm_appoint_anyway(project, rm_of("first"), lead)
    assert rm_roll_back(project=project, lead=lead, reason="too early") is None
    assert current_rm(project) is None
    with pytest.raises(Conflict, match="no reward model is in charge"):
        rm_roll_back(project=project, lead=lead, reason="again")


def test_who_was_in_charge_before_needs_no_gate(
    project: Project, rm_of: RmMaker, lead: User
) -> None:
    first, second = rm_of("first"), rm_of("second")
    for rm in (first, second):
        rm_appoint_anyway(project, rm, lead)
    rows = {judge.rm.name: judge for judge in judges(project)}
    assert (rows["second"].in_charge, rows["first"].former) == (True, True)
    assert rows["first"].refusal == []
    rm_appoint(project=project, rm=first, lead=lead, reason="it was better")
    assert current_rm(project) == first


def test_an_update_keeps_the_newest_reward_model_of_each_project_in_charge(
    project: Project, rm_of: RmMaker
) -> None:
    rm_of("old")
    newest = rm_of("new")
    rm_make(name="registered by hand")
    migration = import_module("training.migrations.0008_appoint_present")
    for _ in range(2):
        migration.appoint(apps, SimpleNamespace(connection=connection))
    (row,) = RmAppointment.objects.all()
    assert (row.rm, row.by, row.reason) == (
        newest, None, "in charge before appointments existed",
    )  # fmt: skip

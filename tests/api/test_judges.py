"""Reward models over the API."""

from __future__ import annotations

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from annotation.models import Project
from annotation.people.roles import Role
from tests.api.clients import client_of
from tests.factories import make_project
from tests.training.world import policy_make
from training.judges.gate import GateReport, Measured
from training.judges.tasks import rm_gate
from training.models import Checkpoint, RmAppointment, RmGate, TrainingRun
from training.scoring.select import current_rm

pytestmark = pytest.mark.django_db
MISSED = Measured("majority", 0.5, 0.7, -0.2, -0.3, -0.1, 0.0, passes=False)


def candidate(project: Project, name: str = "rm", state: str = "finished") -> Checkpoint:
    run = TrainingRun.objects.create(
        project=project, method="rm", state=state, policy=policy_make(name=f"of {name}")
    )
    return Checkpoint.objects.create(name=name, kind="rm", path=f"/{name}", run=run)


def measured(project: Project, rm: Checkpoint, *missed: Measured, against: str = "") -> None:
    report = GateReport(500, 100, 400, against, list(missed))
    RmGate.objects.create(project=project, rm=rm, state="done", report=report.stored())


def test_judges_are_listed_with_their_gate_and_the_history() -> None:
    project = make_project(slug="shop")
    first, second = candidate(project, "first"), candidate(project, "second")
    RmAppointment.objects.create(project=project, rm=first, reason="by hand")
    measured(project, second, MISSED, against="first")
    for role in (Role.LEAD, Role.ML_ENGINEER):
        body = client_of(role).get("/api/v1/judges/?project=shop").json()
        assert [(row["name"], row["standing"]) for row in body["judges"]] == [
            ("second", "candidate"),
            ("first", "in_charge"),
        ]
        newest = body["judges"][0]
        assert (newest["gate_state"], newest["gate"]["measures"][0]["low"]) == ("done", -0.3)
        assert newest["refusal"] == [
            "accuracy 0.500 does not beat the majority 0.700: the lower bound of the "
            "difference is -0.300"
        ]
        assert [(row["rm"], row["by"], row["until"]) for row in body["history"]] == [
            ("first", None, None)
        ]


def test_a_judge_is_listed_with_its_kappa_by_step() -> None:
    rm = candidate(make_project(slug="shop"))
    by_kind = {"1": {"kappa": 0.25}, "2": {"kappa": None}}
    report = {"rm": {"held_out": {"by_kind": by_kind}}}
    TrainingRun.objects.filter(produced=rm).update(report=report)
    body = client_of(Role.LEAD).get("/api/v1/judges/?project=shop").json()
    assert [row["kappa"] for row in body["judges"]] == [{"1": 0.25, "2": None}]


def test_a_lead_appoints_what_passes_and_overrides_what_does_not() -> None:
    project = make_project(slug="shop")
    rm, lead = candidate(project), client_of(Role.LEAD)
    measured(project, rm, MISSED)
    url = f"/api/v1/judges/{rm.pk}/appoint/"
    refused = lead.post(url, {"reason": "new"}, format="json")
    assert refused.status_code == 422
    assert refused.headers["Content-Type"] == "application/problem+json"
    (line,) = refused.json()["gate"]
    assert line.startswith("accuracy 0.500 does not beat the majority 0.700")
    assert lead.post(url, {"reason": " ", "override": True}, format="json").status_code == 422
    done = lead.post(url, {"reason": "a pilot", "override": True}, format="json")
    assert done.status_code == 200
    assert done.json()["history"][0]["overridden"] == [line]
    assert current_rm(project) == rm


def test_who_may_not_what_is_not_there_and_what_is_no_finished_model() -> None:
    project = make_project(slug="shop")
    rm, lead = candidate(project), client_of(Role.LEAD)
    body = {"reason": "x", "override": True}
    for role in (Role.ML_ENGINEER, Role.ANNOTATOR):
        answer = client_of(role).post(f"/api/v1/judges/{rm.pk}/appoint/", body, format="json")
        assert answer.status_code == 403
    assert lead.post("/api/v1/judges/0/appoint/", body, format="json").status_code == 404
    for odd in (policy_make(), candidate(project, "broken", state="failed")):
        answer = lead.post(f"/api/v1/judges/{odd.pk}/appoint/", body, format="json")
        assert answer.status_code == 409
    assert lead.get("/api/v1/judges/?project=nope").status_code == 404


def test_rolling_back_names_the_project() -> None:
    project, lead = make_project(slug="shop"), client_of(Role.LEAD)
    body = {"project": "shop", "reason": "worse on chairs"}
    assert lead.post("/api/v1/judges/roll-back/", body, format="json").status_code == 409
    first, second = candidate(project, "first"), candidate(project, "second")
    for rm in (first, second):
        url = f"/api/v1/judges/{rm.pk}/appoint/"
        lead.post(url, {"reason": "x", "override": True}, format="json")
    back = lead.post("/api/v1/judges/roll-back/", body, format="json").json()
    assert [row["rm"] for row in back["history"]] == ["first", "second", "first"]
    assert current_rm(project) == first


def test_a_candidate_is_measured_again_on_demand(
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    sent: list[int] = []
    monkeypatch.setattr(rm_gate, "delay", sent.append)
    rm = candidate(make_project(slug="shop"))
    with django_capture_on_commit_callbacks(execute=True):
        answer = client_of(Role.ML_ENGINEER).post(f"/api/v1/judges/{rm.pk}/gate/")
    assert (answer.status_code, answer.json()["judges"][0]["gate_state"]) == (202, "queued")
    assert sent == [RmGate.objects.get().pk]

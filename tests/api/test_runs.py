"""Runs over the API."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from annotation.people.roles import Role
from tests.api.clients import client_of
from tests.factories import make_project
from tests.training.world import policy_make, run_make, trainable
from training.models import LaunchThresholds, RunMetric, TrainingRun
from training.runs.tasks import run_launch

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    runs: list[int] = []
    monkeypatch.setattr(run_launch, "delay", runs.append)
    return runs


def test_a_run_is_launched_watched_cancelled_and_resumed(
    sent: list[int], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    project, client = make_project(), client_of(Role.ML_ENGINEER)
    trainable(project)
    body = {
        "project": project.slug,
        "method": "srpo",
        "policy": policy_make().name,
        "config": {"rl": {"updates": 3}},
    }
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post("/api/v1/runs/", body, format="json")
    run = response.json()
    assert (response.status_code, run["state"], sent) == (202, "queued", [run["id"]])
    assert (run["config"], run["release"], run["rm"]) == ({"rl": {"updates": 3}}, 1, None)
    url = f"/api/v1/runs/{run['id']}/"
    assert client.post(f"{url}cancel/").json()["state"] == "cancelled"
    assert client.post(f"{url}cancel/").status_code == 409
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(f"{url}resume/").json()["state"] == "queued"
    assert sent == [run["id"]] * 2
    listed = client.get(f"/api/v1/runs/?project={project.slug}").json()["results"]
    assert [row["id"] for row in listed] == [run["id"]]


def test_a_configuration_that_cannot_run_is_refused_by_key(sent: list[int]) -> None:
    body = {
        "project": make_project().slug,
        "method": "srpo",
        "policy": policy_make().name,
        "config": {"rl": {"nope": 1}},
    }
    response = client_of(Role.ML_ENGINEER).post("/api/v1/runs/", body, format="json")
    assert response.status_code == 422
    assert "nope" in response.json()["detail"]


@pytest.mark.parametrize(
    ("method", "config", "text"),
    [
        ("srpo", {"fit": {"epochs": 9}}, "srpo does not read fit.epochs"),
        ("sft", {"rl": {"updates": 4}}, "sft does not read rl.updates"),
        ("rm", {}, "no step has been decided by people"),
        ("srpo", {}, "no training pair has a known answer"),
    ],
)
def test_the_api_refuses_what_the_preflight_refuses(
    sent: list[int], method: str, config: dict[str, Any], text: str
) -> None:
    body = {
        "project": make_project().slug,
        "method": method,
        "policy": policy_make().name,
        "config": config,
    }
    response = client_of(Role.ML_ENGINEER).post("/api/v1/runs/", body, format="json")
    assert (response.status_code, sent) == (422, [])
    assert text in response.json()["detail"]
    assert not TrainingRun.objects.exists()


def test_an_unmet_threshold_is_listed_and_a_lead_may_waive_it(
    sent: list[int], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    project, client = make_project(), client_of(Role.ML_ENGINEER)
    trainable(project)
    LaunchThresholds.objects.filter(project=project).update(varied_pairs=0.3)
    body: dict[str, Any] = {
        "project": project.slug, "method": "srpo", "policy": policy_make().name,
    }  # fmt: skip
    response = client.post("/api/v1/runs/", body, format="json")
    assert response.status_code == 422
    assert [line["name"] for line in response.json()["preflight"]] == ["varied_pairs"]
    with django_capture_on_commit_callbacks(execute=True):
        run = client.post("/api/v1/runs/", {**body, "hold": True}, format="json").json()
    assert (run["state"], len(run["refusals"]), sent) == ("held", 1, [])
    url, reason = f"/api/v1/runs/{run['id']}/waive/", {"reason": "we look at the curve alone"}
    assert client.post(url, reason, format="json").status_code == 403
    lead = client_of(Role.LEAD)
    assert lead.post(url, {"reason": "so be it"}, format="json").status_code == 422
    with django_capture_on_commit_callbacks(execute=True):
        assert lead.post(url, reason, format="json").json()["state"] == "queued"
    assert sent == [run["id"]]
    assert lead.post(url, reason, format="json").status_code == 409
    assert lead.post("/api/v1/runs/999999/waive/", reason, format="json").status_code == 404


def test_metrics_are_the_lines_of_the_run() -> None:
    run = run_make(make_project())
    for step in (1, 2):
        RunMetric.objects.create(run=run, step=step, data={"reward": step / 2})
    rows = client_of(Role.ML_ENGINEER).get(f"/api/v1/runs/{run.pk}/metrics/").json()["results"]
    assert rows == [
        {"step": 1, "data": {"reward": 0.5}}, {"step": 2, "data": {"reward": 1.0}},
    ]  # fmt: skip


def test_a_lead_reads_runs_and_launches_none() -> None:
    run, lead = run_make(make_project()), client_of(Role.LEAD)
    assert [row["id"] for row in lead.get("/api/v1/runs/").json()["results"]] == [run.pk]
    assert lead.get("/api/v1/checkpoints/").status_code == 200
    assert lead.post("/api/v1/runs/", {}, format="json").status_code == 403
    assert lead.post(f"/api/v1/runs/{run.pk}/cancel/").status_code == 403

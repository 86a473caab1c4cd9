"""Rounds over the API and by the command: one service behind both."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import DjangoCaptureOnCommitCallbacks

from annotation.people.roles import Role
from tests.api.clients import client_of
from tests.training.rounds.played import PLAN, decided, sampled, shop_make
from training.models import RolloutBatch
from training.rollouts.tasks import rollouts_run
from training.rounds.select import open_round

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    batches: list[int] = []
    monkeypatch.setattr(rollouts_run, "delay", batches.append)
    return batches


def round_command(*arguments: str) -> str:
    out = StringIO()
    call_command("round", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("role", [Role.LEAD, Role.ML_ENGINEER])
def test_leads_and_engineers_start_advance_and_stop_a_round(
    sent: list[int],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    role: Role,
) -> None:
    project, client = shop_make(), client_of(role)
    body: dict[str, Any] = {"project": project.slug, "policy": "seed", "plan": PLAN}
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post("/api/v1/rounds/", body, format="json")
    whole = answer.json()
    assert answer.status_code == 202
    assert (whole["round"]["number"], whole["state"]) == (1, "sampling")
    assert sent == [whole["batch"]] == [RolloutBatch.objects.get().pk]
    assert client.post("/api/v1/rounds/", body, format="json").status_code == 409

    url = f"/api/v1/rounds/{whole['round']['id']}/"
    unmet = client.post(f"{url}advance/")
    assert (unmet.status_code, unmet.json()["detail"]) == (
        409,
        "0 of 2 rollouts are sampled",
    )
    row = open_round(project)
    sampled(row)
    decided(row)
    whole = client.post(f"{url}advance/").json()
    assert (whole["state"], whole["round"]["release"]) == ("judging", 1)
    assert whole["labels"] == {
        "items": 2, "wanted": 2, "decided": 2, "split": 0, "given": 0,
        "submissions_left": 0, "hours": 0.0,
    }  # fmt: skip
    whole = client.post(f"{url}stop/", {"reason": "enough"}, format="json").json()
    assert (whole["state"], whole["wait"]) == ("stopped", None)
    assert whole["round"]["stop_reason"].endswith(": enough")
    assert client.post(f"{url}advance/").status_code == 409
    listed = client.get(f"/api/v1/rounds/?project={project.slug}").json()["results"]
    assert [(each["number"], each["state"]) for each in listed] == [(1, "stopped")]


def test_an_annotator_may_neither_see_nor_start_rounds() -> None:
    client = client_of(Role.ANNOTATOR)
    assert client.get("/api/v1/rounds/").status_code == 403
    assert client.post("/api/v1/rounds/", {}, format="json").status_code == 403


def test_a_plan_is_refused_with_its_key() -> None:
    project = shop_make()
    body = {"project": project.slug, "policy": "seed", "plan": {"pairs": -1}}
    answer = client_of(Role.LEAD).post("/api/v1/rounds/", body, format="json")
    assert answer.status_code == 422
    assert "pairs of the plan" in answer.json()["detail"]


def test_the_command_starts_tells_and_stops(sent: list[int], tmp_path: Any) -> None:
    project = shop_make()
    plan = tmp_path / "plan.toml"
    plan.write_text("pairs = 1\nrollouts = 1\ngold = 0\n[rm.fit]\nepochs = 1\n")
    named = ("--project", project.slug)
    with pytest.raises(CommandError, match="has no round yet"):
        round_command("status", *named)
    told = round_command(
        "start", *named, "--policy", "seed", "--plan", str(plan), "--rounds", "2",
        "--autopilot", "whole",
    )  # fmt: skip
    assert told.splitlines() == [
        f"round 1 of {project.slug}: sampling",
        "waits for worker: 0 of 1 rollouts are sampled",
    ]
    whole = json.loads(round_command("status", *named, "--json"))
    assert (whole["round"]["plan"]["rounds"], whole["round"]["plan"]["rm"]) == (
        2,
        {"fit": {"epochs": 1}},
    )
    project.refresh_from_db()
    assert project.autopilot == "whole"
    with pytest.raises(CommandError, match="0 of 1 rollouts are sampled"):
        round_command("advance", *named)
    assert "stopped by a command: lunch" in round_command("stop", *named, "--reason", "lunch")
    with pytest.raises(CommandError, match="is open: start one"):
        round_command("stop", *named)

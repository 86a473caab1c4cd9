"""The page of the circle: who sees it, what it waits for, and whose button it shows."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from annotation.models import Project, Round
from annotation.people.roles import Role
from tests.factories import make_user
from tests.training.rounds.played import (
    advance,
    decided,
    facts,
    round_make,
    sampled,
    shop_make,
    tick,
    trained,
)
from training.rollouts.tasks import rollouts_run
from training.rounds.ring import ring

pytestmark = pytest.mark.django_db


def client_of(role: Role) -> Client:
    client = Client()
    client.force_login(make_user(role))
    return client


def words(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.fixture
def project(monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setattr(rollouts_run, "delay", lambda pk: None)
    return shop_make()


def test_a_round_is_started_on_the_page_with_the_rest_of_the_last_plan(
    project: Project,
) -> None:
    lead = client_of(Role.LEAD)
    address = f"/circle/{project.slug}/"
    assert "Start the next round" in words(lead, address)
    round_make(project, max_tokens=99)
    lead.post(f"{address}stop/", {"reason": "lunch"})
    page = words(lead, address)
    assert ": lunch" in page
    assert "Start the next round" in page
    fields = {
        "pairs": 1, "rollouts": 2, "gold": 0, "decided": 0, "rounds": 3, "autopilot": "whole",
    }  # fmt: skip
    assert lead.post(f"{address}start/", fields).status_code == 302
    row = Round.objects.get(number=2)
    assert (row.plan["pairs"], row.plan["max_tokens"], row.plan["rounds"]) == (1, 99, 3)
    project.refresh_from_db()
    assert project.autopilot == "whole"
    refused = lead.post(f"{address}start/", fields)
    assert refused.status_code == 409
    assert "round 2 is open" in refused.content.decode()
    assert lead.post(f"{address}start/", fields | {"pairs": "many"}).status_code == 422


def test_each_stage_names_whom_it_waits_for_and_gives_that_person_the_button(
    project: Project,
) -> None:
    row, address = round_make(project), f"/circle/{project.slug}/"
    lead, engineer = client_of(Role.LEAD), client_of(Role.ML_ENGINEER)
    assert "Waits for a worker: 0 of 2 rollouts are sampled" in words(lead, address)
    sampled(row)
    assert f"/label/?project={project.slug}" in lead.get(address).content.decode()
    page = engineer.get(address).content.decode()
    assert "Waits for annotators" in page
    assert f"/label/?project={project.slug}" not in page
    decided(row, 1)
    row.items.filter(state="open").update(state="split")
    page = lead.get(address).content.decode()
    assert "Waits for a lead" in page
    assert f"/adjudication/?project={project.slug}" in page
    assert (
        f"/adjudication/?project={project.slug}" not in engineer.get(address).content.decode()
    )
    row.items.filter(state="split").update(state="open")
    decided(row)
    for client in (lead, engineer):
        assert "Cut the release" in words(client, address)
    engineer.post(f"{address}advance/")
    page = words(lead, address)
    assert "release 1" in page
    assert "Train the reward model" in page
    advance(row)
    run = facts(row).judging
    assert run is not None
    run.state = "failed"
    run.save()
    page = engineer.get(address).content.decode()
    assert "Waits for an ML engineer" in page
    assert f"/training/runs/{run.pk}/" in page


def test_a_press_too_early_is_refused_with_the_condition(project: Project) -> None:
    round_make(project)
    answer = client_of(Role.LEAD).post(f"/circle/{project.slug}/advance/")
    assert answer.status_code == 409
    assert "0 of 2 rollouts are sampled" in answer.content.decode()


def test_what_begins_by_itself_says_so(project: Project) -> None:
    row = round_make(project)
    sampled(row)
    decided(row)
    engineer, address = client_of(Role.ML_ENGINEER), f"/circle/{project.slug}/"
    told = "It begins by itself within half a minute"
    assert told not in words(engineer, address)
    Project.objects.update(autopilot="to_release")
    assert told in words(engineer, address)


def test_the_live_part_asks_for_the_whole_page_once_the_round_is_another(
    project: Project,
) -> None:
    row, engineer = round_make(project, rounds=1), client_of(Role.ML_ENGINEER)
    live = f"/circle/{project.slug}/live/?round={row.pk}"
    assert "HX-Refresh" not in engineer.get(live).headers
    assert engineer.get(f"/circle/{project.slug}/live/?round=0").headers["HX-Refresh"] == "true"
    sampled(row)
    decided(row)
    Project.objects.update(autopilot="whole")
    row.refresh_from_db()
    tick(row)
    trained(facts(row).judging)
    tick(row)
    trained(facts(row).training)
    tick(row)
    assert engineer.get(live).headers["HX-Refresh"] == "true"
    assert "Done" in words(engineer, f"/circle/{project.slug}/")


def test_the_circle_without_a_name_is_that_of_the_project_shown_before(
    project: Project,
) -> None:
    answer = client_of(Role.LEAD).get("/circle/")
    assert answer.headers["Location"] == f"/circle/{project.slug}/"


def test_six_nodes_stand_clockwise_from_the_top() -> None:
    places = [(node.x, node.y) for node in ring(6).nodes]
    assert places[0] == (180.0, 50.0)
    assert places[3] == (180.0, 242.0)
    assert places[1][0] > 180 > places[5][0]
    assert places[1][1] == places[5][1] == 98.0
    assert ring(6).nodes[5].arc.endswith("180.0,50.0")

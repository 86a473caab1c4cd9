"""A project's settings over the API: leads change them, the others read them."""

from __future__ import annotations

import pytest

from annotation.people.roles import Role
from tests.api.clients import client_of
from tests.factories import make_project

pytestmark = pytest.mark.django_db


def test_a_lead_changes_the_order_exploration_and_autopilot_and_nothing_else() -> None:
    project, lead = make_project(slug="shop"), client_of(Role.LEAD)
    before = lead.get("/api/v1/projects/shop/").json()
    assert (before["order"], before["explore_percent"], before["autopilot"]) == (
        "expected_change", 15, "off",
    )  # fmt: skip
    sent = {"order": "claim_entropy", "explore_percent": 30, "autopilot": "to_release"}
    after = lead.patch("/api/v1/projects/shop/", sent, format="json")
    assert after.status_code == 200
    assert after.json() == before | sent
    project.refresh_from_db()
    assert (project.order, project.explore_percent, project.autopilot) == tuple(sent.values())
    switched = lead.patch("/api/v1/projects/shop/", {"reuse": False}, format="json").json()
    assert switched == before | sent | {"reuse": False}


@pytest.mark.parametrize(
    "sent",
    [
        {"order": "newest"},
        {"autopilot": "on"},
        {"explore_percent": 101},
        {"explore_percent": -1},
    ],
)
def test_a_value_that_there_is_not_is_refused_by_name(sent: dict[str, object]) -> None:
    make_project(slug="shop")
    answer = client_of(Role.LEAD).patch("/api/v1/projects/shop/", sent, format="json")
    assert answer.status_code == 400
    assert next(iter(sent)) in answer.content.decode()


def test_only_leads_change_settings_and_an_unknown_project_is_not_there() -> None:
    make_project(slug="shop")
    for role in (Role.ANNOTATOR, Role.ML_ENGINEER):
        client = client_of(role)
        sent = client.patch("/api/v1/projects/shop/", {"explore_percent": 1}, format="json")
        assert sent.status_code == 403
        assert client.get("/api/v1/projects/shop/").status_code == 200
    assert client_of(Role.LEAD).get("/api/v1/projects/nowhere/").status_code == 404

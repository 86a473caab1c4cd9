"""The dashboard's numbers and what an alpha is made of, over the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from annotation.models import Project
from annotation.people.roles import Role
from tests.api.clients import client_for, client_of
from tests.factories import labels_for, make_item, make_project, make_user, submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    """Two items that anna and ben judged: one tier the same, one differs."""
    project = make_project(overlap=2)
    anna, ben = make_user(username="anna"), make_user(username="ben")
    for tier in ("2", "4"):
        item = make_item(project)
        submit(item, anna)
        submit(item, ben, labels_for("match", "none", tier))
    make_item(project)
    return project


def got(client: APIClient, path: str, **query: Any) -> Any:
    answer = client.get(f"/api/v1/{path}", query)
    assert answer.status_code == 200, answer.json()
    return answer.json()


def test_the_dashboard_counts_items_submissions_and_people(project: Project) -> None:
    body = got(client_of(Role.ML_ENGINEER), "dashboard/", project=project.slug)
    assert (body["items"]["open"], body["items"]["labelled"]) == (1, 2)
    assert (body["served"]["submitted"], body["labels"]) == (4, 20)
    assert body["forecast"]["remaining"] == 2
    assert [(row["username"], row["submitted"]) for row in body["people"]] == [
        ("anna", 2), ("ben", 2),
    ]  # fmt: skip
    assert (len(body["days"]), body["days"][-1]["submitted"]) == (28, 4)


def test_own_numbers_leave_the_others_unnamed(project: Project) -> None:
    lead = client_of(Role.LEAD)
    query = {"project": project.slug, "person": "anna"}
    body = got(lead, "dashboard/person/", **query)
    assert (body["username"], body["work"]["submitted"]) == ("anna", 2)
    assert [(row["other"], row["n"]) for row in body["kappa"]] == [("ben", 2)]
    own = client_for(User.objects.get(username="anna"))
    assert own.get("/api/v1/dashboard/person/", query).status_code == 403
    mine = got(own, "dashboard/me/", project=project.slug)
    assert [(row["other"], row["n"]) for row in mine["kappa"]] == [(None, 2)]
    assert mine["work"] == body["work"]


def test_an_alpha_is_told_with_its_coincidences_and_items(project: Project) -> None:
    body = got(client_of(Role.ML_ENGINEER), "agreement/explain/", project=project.slug, step=5)
    assert (body["values"], body["n_items"], body["n_labels"]) == (["2", "4"], 2, 4)
    assert body["coincidences"] == [[2.0, 1.0], [1.0, 0.0]]
    assert body["alpha"] == pytest.approx(1 - body["observed"] / body["expected"])
    assert [row["differ"] for row in body["items"]] == [True, False]
    assert sorted(body["items"][0]["answers"]) == [["anna", "2"], ["ben", "4"]]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"step": 6}, "step"),
        ({}, "step"),
        ({"step": 5, "by": "colour"}, "by"),
        ({"step": 5, "by": "split"}, "key"),
        ({"step": 5, "key": "train"}, "by"),
    ],
)
def test_a_wrong_slice_is_named(project: Project, query: dict[str, Any], field: str) -> None:
    client = client_of(Role.LEAD)
    refused = client.get("/api/v1/agreement/explain/", query | {"project": project.slug})
    assert (refused.status_code, list(refused.json()["errors"])) == (400, [field])

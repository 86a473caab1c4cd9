"""Practice, and what people are told after gold, over the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from annotation.models import GoldDispute, GoldItem, GoldTry, Practice, Project, StepLabel
from tests.annotation.labelling.gold_world import answer, claim_next, gold_project, make_gold
from tests.api.clients import client_for
from tests.factories import make_item, make_user

pytestmark = pytest.mark.django_db
RIGHT = [
    {"kind": 3, "verdict": "correct"},
    {"kind": 4, "verdict": "correct"},
    {"kind": 5, "verdict": "correct"},
]


@pytest.fixture
def anna() -> User:
    return make_user()


@pytest.fixture
def client(anna: User) -> APIClient:
    return client_for(anna)


@pytest.fixture
def project() -> Project:
    return gold_project()


def explained(project: Project) -> GoldItem:
    gold = make_gold(project)
    gold.note = "Shoes for trails are shoes."
    gold.save()
    return gold


def test_practice_shows_no_answer_before_yours_and_keeps_no_label(
    client: APIClient, project: Project
) -> None:
    gold = explained(project)
    (row,) = client.get("/api/v1/practice/", {"project": project.slug}).json()
    assert (row["id"], row["kinds"], row["done"]) == (gold.pk, [3, 4, 5], False)
    assert set(row) == {"id", "pair", "steps", "kinds", "done"}
    sent = {"labels": [*RIGHT[:2], {"kind": 5, "verdict": "incorrect", "value": "4"}]}
    told = client.post(f"/api/v1/practice/{gold.pk}/", sent, format="json").json()
    assert told["note"] == gold.note
    assert [(a["kind"], a["known"], a["given"], a["wrong"]) for a in told["answers"]] == [
        (3, "match", "match", False), (4, "none", "none", False), (5, "2", "4", True),
    ]  # fmt: skip
    (row,) = client.get("/api/v1/practice/", {"project": project.slug}).json()
    assert row["done"]
    assert not StepLabel.objects.exists()


def test_a_label_that_its_step_cannot_have_is_named_and_tells_no_answer(
    client: APIClient, project: Project
) -> None:
    gold = explained(project)
    sent = {"labels": [{"kind": 5, "verdict": "incorrect", "value": "match"}]}
    refused = client.post(f"/api/v1/practice/{gold.pk}/", sent, format="json")
    assert refused.status_code == 422
    assert list(refused.json()["errors"]) == ["5"]
    assert not Practice.objects.exists()


def test_gold_without_an_explanation_is_not_for_practice(
    client: APIClient, project: Project
) -> None:
    path = f"/api/v1/practice/{make_gold(project).pk}/"
    assert client.post(path, {"labels": RIGHT}, format="json").status_code == 409


def answered_wrong(anna: User, project: Project) -> GoldTry:
    explained(project)
    make_item(project)
    return answer(anna, claim_next(anna, project), tier="4")


def test_feedback_keeps_the_answers_back_until_no_attempt_is_left(
    client: APIClient, anna: User, project: Project
) -> None:
    first = answered_wrong(anna, project)
    query: dict[str, Any] = {"project": project.slug, "item": first.item_id}
    listed = client.get("/api/v1/feedback/", query)
    assert [(row["id"], row["wrong"]) for row in listed.json()["results"]] == [(first.pk, [5])]
    told = client.get(f"/api/v1/feedback/{first.pk}/").json()
    assert (told["revealed"], told["may_retry"], told["left"], told["note"]) == (
        False, True, 1, "",
    )  # fmt: skip
    assert {answer["known"] for answer in told["answers"]} == {""}
    claim = client.post(f"/api/v1/feedback/{first.pk}/retry/")
    assert (claim.status_code, claim.json()["draft"]["5"]["value"]) == (201, "4")
    labels = {"labels": [{**one, "value": "4"} if one["kind"] == 5 else one for one in RIGHT]}
    labels["labels"][2] |= {"verdict": "incorrect", "reason": "r"}
    path = f"/api/v1/claims/{claim.json()['id']}/submit/"
    done = client.post(path, labels, format="json", HTTP_IDEMPOTENCY_KEY="2")
    assert done.status_code == 201, done.json()
    second = GoldTry.objects.get(attempt=2)
    told = client.get(f"/api/v1/feedback/{second.pk}/").json()
    assert (told["revealed"], told["may_retry"], told["left"]) == (True, False, 0)
    assert told["note"] == "Shoes for trails are shoes."
    assert told["answers"][2]["known"] == "2"
    assert client.post(f"/api/v1/feedback/{second.pk}/retry/").status_code == 409


def test_a_dispute_needs_a_reason_and_hides_the_answers(
    client: APIClient, anna: User, project: Project
) -> None:
    path = f"/api/v1/feedback/{answered_wrong(anna, project).pk}/dispute/"
    refused = client.post(path, {"reason": ""}, format="json")
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["reason"])
    made = client.post(path, {"reason": "it is related"}, format="json")
    assert (made.status_code, made.json()["state"]) == (201, "open")
    assert "answers_before" not in made.json()
    assert client.post(path, {"reason": "again"}, format="json").status_code == 409
    assert GoldDispute.objects.get().reason == "it is related"


def test_nobody_sees_the_feedback_of_another_person(
    client: APIClient, project: Project
) -> None:
    other = answered_wrong(make_user(), project)
    assert client.get(f"/api/v1/feedback/{other.pk}/").status_code == 404
    listed = client.get("/api/v1/feedback/", {"project": project.slug}).json()
    assert listed["results"] == []

"""Gold, disputes, pauses, reviews and flags over the API."""

from __future__ import annotations

import pytest

from annotation.deciding.reviews import review_draw
from annotation.labelling.disputes import dispute_open
from annotation.models import GoldItem, GoldTry, Pause, Project
from annotation.people.roles import Role
from tests.api.clients import client_of
from tests.factories import (
    make_item,
    make_pair,
    make_project,
    make_resolved,
    make_rollout,
    make_user,
)

pytestmark = pytest.mark.django_db


def test_a_rollout_becomes_gold_and_goes_out_of_use() -> None:
    rollout, lead = make_rollout(make_pair(make_project())), client_of(Role.LEAD)
    body = {"rollout": rollout.pk, "answers": {"3": "match", "5": "4"}, "note": "the color"}
    made = lead.post("/api/v1/gold/", body, format="json")
    assert (made.status_code, made.json()["answers"]) == (201, body["answers"])
    wrong = lead.post("/api/v1/gold/", body | {"answers": {"5": "9"}}, format="json")
    assert wrong.status_code == 422
    unknown = lead.post("/api/v1/gold/", body | {"rollout": 10**9}, format="json")
    assert unknown.status_code == 404
    retired = lead.post(f"/api/v1/gold/{made.json()['id']}/retire/", {}, format="json").json()
    assert (retired["active"], GoldItem.objects.get().active) == (False, False)
    listed = lead.get(f"/api/v1/gold/?project={rollout.pair.project.slug}").json()["results"]
    assert [row["id"] for row in listed] == [made.json()["id"]]


def test_a_resolved_item_becomes_gold_and_an_open_one_does_not() -> None:
    project, lead = make_project(overlap=1), client_of(Role.LEAD)
    resolved = make_resolved(make_pair(project))
    made = lead.post(f"/api/v1/items/{resolved.pk}/gold/", {}, format="json")
    assert made.json()["answers"] == {
        "1": "correct", "2": "correct", "3": "match", "4": "none", "5": "2",
    }  # fmt: skip
    waiting = make_item(project)
    refused = lead.post(f"/api/v1/items/{waiting.pk}/gold/", {}, format="json")
    assert refused.status_code == 409


def test_pairs_with_true_values_become_gold_at_once() -> None:
    project = make_project()
    make_rollout(make_pair(project, gold={"5": "2"}))
    body = {"project": project.slug}
    added = client_of(Role.LEAD).post("/api/v1/gold/import/", body, format="json")
    assert (added.json(), GoldItem.objects.count()) == ({"added": 1}, 1)


@pytest.fixture
def project() -> Project:
    return make_project(overlap=1)


def test_a_disputed_answer_is_changed_once(project: Project) -> None:
    lead, anna = client_of(Role.LEAD), make_user()
    resolved = make_resolved(make_pair(project))
    lead.post(f"/api/v1/items/{resolved.pk}/gold/", {}, format="json")
    gold = GoldItem.objects.get()
    tried = GoldTry.objects.create(
        gold=gold, annotator=anna, item=make_item(project), purpose="continuous",
        answered_at=gold.created_at,
    )  # fmt: skip
    dispute = dispute_open(gold_try=tried, annotator=anna, reason="it is a 3")
    listed = lead.get(f"/api/v1/disputes/?project={project.slug}").json()["results"]
    assert [(row["id"], row["annotator"]) for row in listed] == [(dispute.pk, anna.username)]
    url, body = f"/api/v1/disputes/{dispute.pk}/decide/", {"answers": gold.answers | {"5": "3"}}
    assert lead.post(url, body, format="json").json()["state"] == "changed"
    assert GoldItem.objects.get().answers["5"] == "3"
    assert lead.post(url, body, format="json").status_code == 409


def test_a_pause_is_lifted_once(project: Project) -> None:
    lead, anna = client_of(Role.LEAD), make_user()
    pause = Pause.objects.create(
        project=project, annotator=anna, accuracy=0.5, n=10, threshold=0.8
    )
    url = f"/api/v1/pauses/{pause.pk}/lift/"
    assert lead.post(url, {"note": "spoke"}, format="json").json()["note"] == "spoke"
    assert lead.post(url, {}, format="json").status_code == 409
    listed = lead.get(f"/api/v1/pauses/?project={project.slug}").json()["results"]
    assert [row["lifted_by"] is None for row in listed] == [False]


def test_what_was_drawn_for_review_is_accepted_once(project: Project) -> None:
    project.review_percent = 100
    project.save()
    resolved = make_resolved(make_pair(project))
    review, lead = review_draw(item=resolved), client_of(Role.LEAD)
    assert review is not None
    due = f"/api/v1/reviews/?project={project.slug}"
    assert [row["item"] for row in lead.get(due).json()["results"]] == [resolved.pk]
    url = f"/api/v1/reviews/{review.pk}/accept/"
    assert lead.post(url, {}, format="json").json()["state"] == "accepted"
    assert lead.post(url, {}, format="json").status_code == 409
    assert lead.get(due).json()["results"] == []


def test_a_flag_is_raised_from_a_claim_of_ones_own_and_settled_by_a_lead(
    project: Project,
) -> None:
    make_item(project)
    anna, ben, lead = client_of(Role.ANNOTATOR), client_of(Role.ANNOTATOR), client_of(Role.LEAD)
    claim = anna.post("/api/v1/queue/next/", {}, format="json").json()["claim"]
    url, body = f"/api/v1/claims/{claim['id']}/flag/", {"reason": "no picture", "kind": 2}
    raised = anna.post(url, body, format="json")
    assert (raised.status_code, raised.json()["kind"]) == (201, 2)
    assert anna.post(url, body, format="json").json()["id"] == raised.json()["id"]
    assert ben.post(url, body, format="json").status_code == 404
    assert list(anna.post(url, {"kind": 6}, format="json").json()["errors"]) == [
        "reason", "kind",
    ]  # fmt: skip
    settle = f"/api/v1/flags/{raised.json()['id']}/settle/"
    assert anna.post(settle, {}, format="json").status_code == 403
    assert lead.post(settle, {"answer": "fixed"}, format="json").json()["answer"] == "fixed"
    assert lead.post(settle, {}, format="json").status_code == 409
    assert lead.get(f"/api/v1/flags/?project={project.slug}").json()["results"] == []

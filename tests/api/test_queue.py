"""Labelling over the API, from claim to undo."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from annotation.models import Assignment, Project, StepLabel, Submission
from annotation.people.roles import Role
from tests.api.clients import client_of
from tests.factories import make_item, make_project

pytestmark = pytest.mark.django_db

FIVE = [
    {"kind": 1, "verdict": "correct"},
    {"kind": 2, "verdict": "correct"},
    {"kind": 3, "verdict": "correct"},
    {"kind": 4, "verdict": "incorrect", "value": "partial"},
    {"kind": 5, "verdict": "incorrect", "value": "3"},
]


def post(client: APIClient, path: str, body: Any = None, **headers: str) -> Any:
    return client.post(f"/api/v1/{path}", body or {}, format="json", headers=headers)


def claimed(project: Project | None = None) -> tuple[APIClient, dict[str, Any]]:
    item = make_item(project or make_project(overlap=1))
    client = client_of(Role.ANNOTATOR)
    claim = post(client, "queue/next/", {"project": item.project.slug}).json()["claim"]
    return client, claim


def submit(client: APIClient, claim: dict[str, Any], key: str = "k1", **more: Any) -> Any:
    path = f"claims/{claim['id']}/submit/"
    body = {"labels": FIVE, "active_ms": 900, **more}
    return post(client, path, body, **{"Idempotency-Key": key})


def test_a_claim_has_what_a_person_needs_and_not_why_it_is_asked() -> None:
    _, claim = claimed()
    assert claim["kinds"] == [1, 2, 3, 4, 5]
    assert claim["pair"]["title"] == "Blue trail shoes"
    assert [step["claimed"] for step in claim["steps"]] == ["", "", "match", "none", "2"]
    assert not {"reason", "priority"} & set(claim)


def test_claiming_again_gives_the_same_claim_back() -> None:
    client, claim = claimed()
    assert post(client, "queue/next/").json()["claim"]["id"] == claim["id"]


def test_two_people_may_choose_the_same_key() -> None:
    project = make_project(overlap=2)
    (ann, hers), item = claimed(project), Assignment.objects.get().item
    bob = client_of(Role.ANNOTATOR)
    his = post(bob, "queue/next/", {"project": project.slug}).json()["claim"]
    assert his["item"] == item.pk
    first, second = submit(ann, hers, "1"), submit(bob, his, "1")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["receipt"] != second.json()["receipt"]
    assert submit(bob, his, "1").json()["receipt"] == second.json()["receipt"]


def test_nothing_to_claim_says_why() -> None:
    body = post(client_of(Role.ANNOTATOR), "queue/next/").json()
    assert (body["claim"], body["queue"]["why"]) == (None, "empty")


def test_an_item_held_by_others_says_until_when() -> None:
    project = make_project(overlap=1)
    claimed(project)
    response = client_of(Role.ANNOTATOR).get(f"/api/v1/queue/?project={project.slug}")
    assert response.json()["why"] == "held"
    assert response.json()["held_until"] is not None


def test_a_submission_gives_a_receipt_and_its_key_makes_a_repeat_harmless() -> None:
    client, claim = claimed()
    first, again = submit(client, claim), submit(client, claim)
    assert first.status_code == again.status_code == 201
    assert first.json()["receipt"] == again.json()["receipt"] == Submission.objects.get().pk
    assert StepLabel.objects.count() == 5
    assert Assignment.objects.get().active_ms == 900


def test_a_submission_that_wants_the_next_item_gets_it_or_hears_why_not() -> None:
    client, claim = claimed()
    second = make_item(Project.objects.get())
    following = submit(client, claim, next={"project": claim["project"]}).json()["next"]
    assert following["claim"]["item"] == second.pk
    assert following["queue"] is None
    renewed = post(client, "queue/next/").json()["claim"]
    assert renewed.pop("expires_at") >= following["claim"]["expires_at"]
    assert renewed.items() <= following["claim"].items()
    last = submit(client, following["claim"], "k2", next={}).json()["next"]
    assert (last["claim"], last["queue"]["why"]) == (None, "empty")


def test_a_submission_that_names_an_unknown_project_for_the_next_item_is_kept() -> None:
    client, claim = claimed()
    sent = submit(client, claim, next={"project": "nowhere"})
    assert (sent.status_code, sent.json()["next"]) == (201, None)
    assert StepLabel.objects.count() == 5
    assert submit(client, claim, next={"project": "no slug!"}).status_code == 400


def test_a_submission_without_a_key_is_refused() -> None:
    client, claim = claimed()
    response = post(client, f"claims/{claim['id']}/submit/", {"labels": FIVE})
    assert response.status_code == 400
    assert "Idempotency-Key" in response.json()["errors"]


def test_a_second_submission_with_another_key_is_a_conflict() -> None:
    client, claim = claimed()
    submit(client, claim)
    response = submit(client, claim, "k2")
    assert (response.status_code, response.json()["type"]) == (
        409, "urn:stepwise:problem:conflict",
    )  # fmt: skip


def test_wrong_labels_are_named_by_step() -> None:
    client, claim = claimed()
    labels = [{"kind": 5, "verdict": "correct", "value": "4"}]
    response = post(
        client, f"claims/{claim['id']}/submit/", {"labels": labels}, **{"Idempotency-Key": "k"}
    )
    assert response.status_code == 422
    assert response.json()["type"] == "urn:stepwise:problem:invalid-labels"
    assert "the text says 2" in response.json()["errors"]["5"][0]


def test_a_stale_draft_is_a_conflict_that_shows_the_stored_one() -> None:
    client, claim = claimed()
    path = f"/api/v1/claims/{claim['id']}/draft/"
    body = {"base_version": 0, "draft": {"3": {"verdict": "correct"}}}
    assert client.put(path, body, format="json").json()["version"] == 1
    response = client.put(path, {"base_version": 0, "draft": {}}, format="json")
    assert response.status_code == 409
    assert (response.json()["version"], response.json()["draft"]) == (1, body["draft"])
    assert client.get(f"/api/v1/claims/{claim['id']}/").json()["draft"] == body["draft"]


def test_a_heartbeat_renews_the_lease_until_the_work_is_done() -> None:
    client, claim = claimed()
    path = f"claims/{claim['id']}/heartbeat/"
    assert post(client, path).json()["expires_at"] >= claim["expires_at"]
    submit(client, claim)
    assert post(client, path).status_code == 409


def test_skipping_to_others_takes_a_reason_and_the_item_is_gone() -> None:
    client, claim = claimed()
    path = f"claims/{claim['id']}/skip/"
    assert post(client, path, {"how": "to_others"}).status_code == 422
    assert post(client, path, {"how": "to_others", "reason": "unclear"}).status_code == 204
    assert post(client, "queue/next/").json()["queue"]["why"] == "skipped"


def test_only_a_lead_may_drop_an_item() -> None:
    client, claim = claimed()
    response = post(client, f"claims/{claim['id']}/skip/", {"how": "drop", "reason": "x"})
    assert response.status_code == 403
    assert response.json()["detail"] == "only a lead may drop an item"


def test_an_undone_submission_gives_the_claim_back() -> None:
    client, claim = claimed()
    receipt = submit(client, claim).json()["receipt"]
    path = f"submissions/{receipt}/undo/"
    assert post(client, path).json()["id"] == claim["id"]
    assert post(client, path).status_code == 409


def test_somebody_elses_claim_and_submission_are_not_there() -> None:
    client, claim = claimed()
    receipt = submit(client, claim).json()["receipt"]
    other = client_of(Role.ANNOTATOR)
    assert submit(other, claim).status_code == 404
    assert post(other, f"submissions/{receipt}/undo/").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        '{"base_version": 0, "draft": {"a": "\\u0000"}}',
        '{"base_version": 0, "draft": {"a": "\\ud800"}}',
        '{"base_version": 99999999999, "draft": {}}',
        '{"base_version": 0, "draft": []}',
        '{"base_version": 0, "draft": {"a": NaN}}',
        "[" * 100_000,
        "nope",
    ],
    ids=["nul", "surrogate", "large", "list", "nan", "deep", "no json"],
)
def test_a_body_that_cannot_be_stored_is_a_bad_request(body: str) -> None:
    client, claim = claimed()
    path = f"/api/v1/claims/{claim['id']}/draft/"
    response = client.put(path, body, content_type="application/json")
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"

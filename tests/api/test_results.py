"""Reading what people said, deciding as a lead, bringing rollouts, exporting."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from annotation.deciding.resolution import item_resolve
from annotation.exports.jobs import export_job_run
from annotation.exports.tasks import export_job_start
from annotation.models import QueueItem, Rollout
from annotation.people.roles import Role
from tests.api.clients import client_of
from tests.factories import (
    cot,
    labels_for,
    make_item,
    make_pair,
    make_project,
    make_user,
    submit,
)

pytestmark = pytest.mark.django_db


def split_item() -> QueueItem:
    """Two people, two categories, and nobody else may be asked."""
    item = make_item(make_project(overlap=2, max_overlap=2))
    submit(item, make_user())
    submit(item, make_user(), labels_for(category="related"))
    assert item_resolve(item=item) == "split"
    return item


def test_items_are_filtered_by_state_and_show_who_said_what() -> None:
    item, client = split_item(), client_of(Role.LEAD)
    make_item(item.project)
    url = f"/api/v1/items/?project={item.project.slug}&state="
    assert [row["id"] for row in client.get(url + "split").json()["results"]] == [item.pk]
    assert client.get(url + "nope").status_code == 400
    detail = client.get(f"/api/v1/items/{item.pk}/").json()
    assert len(detail["labels"]) == 10
    assert [row["state"] for row in detail["assignments"]] == ["submitted"] * 2
    assert sorted(row["kind"] for row in detail["resolutions"]) == [1, 2, 4, 5]


def test_a_lead_decides_once_and_may_reopen() -> None:
    item, client = split_item(), client_of(Role.LEAD)
    path = f"/api/v1/items/{item.pk}/adjudicate/"
    body = {"decisions": [{"kind": 3, "verdict": "incorrect", "value": "related"}]}
    decided = client.post(path, body, format="json")
    assert [(row["kind"], row["source"]) for row in decided.json()] == [(3, "adjudicated")]
    assert client.post(path, body, format="json").status_code == 409
    reopen = {"reason": "the guideline changed"}
    again = client.post(f"/api/v1/items/{item.pk}/reopen/", reopen, format="json")
    assert again.json()["state"] == "split"


def test_a_lead_keeps_an_item_for_people_by_name() -> None:
    item, client, anna = make_item(make_project(overlap=1)), client_of(Role.LEAD), make_user()
    path = f"/api/v1/items/{item.pk}/reserve/"
    kept = client.post(path, {"people": [anna.username]}, format="json")
    assert (kept.status_code, list(item.reserved_for.all())) == (200, [anna])
    wrong = client.post(path, {"people": ["ghost"]}, format="json")
    assert wrong.json()["errors"] == {"people": ["nobody is called ghost"]}
    waiting = client_of(Role.ANNOTATOR).get("/api/v1/queue/").json()
    assert (waiting["why"], waiting["reserved"], waiting["open_items"]) == ("reserved", 1, 0)


def test_a_step_that_is_decided_twice_in_one_request_is_refused() -> None:
    one = {"kind": 3, "verdict": "correct", "value": "match"}
    response = client_of(Role.LEAD).post(
        f"/api/v1/items/{split_item().pk}/adjudicate/", {"decisions": [one, one]}, format="json"
    )
    assert response.json()["errors"] == {"decisions": ["step 3 is decided twice"]}


def test_resolutions_and_labels_are_read_past_a_position() -> None:
    item, client = split_item(), client_of(Role.ML_ENGINEER)
    for name, n in (("resolutions", 4), ("labels", 10)):
        url = f"/api/v1/{name}/?project={item.project.slug}"
        ids = [row["id"] for row in client.get(url).json()["results"]]
        assert len(ids) == n
        after = client.get(f"{url}&after={ids[-2]}").json()["results"]
        assert [row["id"] for row in after] == ids[-1:]


def test_agreement_comes_with_its_numbers_or_the_reason_why_not() -> None:
    item = split_item()
    url = f"/api/v1/agreement/?project={item.project.slug}"
    rows = {row["kind"]: row for row in client_of(Role.LEAD).get(url).json()}
    assert sorted(rows) == [1, 2, 3, 4, 5]
    assert rows[3]["n_labels"] == 2
    assert all(row["alpha"] is not None or row["undefined_reason"] for row in rows.values())


def test_own_rollouts_are_parsed_queued_and_stored_once() -> None:
    pair, client = make_pair(make_project()), client_of(Role.ML_ENGINEER)
    sent = {
        "rollouts": [
            {"pair": pair.pk, "text": cot(), "policy": "mine", "queue": {"priority": 7}},
            {"pair": pair.pk, "text": "no steps", "policy": "mine", "sample_index": 1,
             "prompt_version": "2"},
        ]
    }  # fmt: skip
    for _ in range(2):
        response = client.post("/api/v1/rollouts/", sent, format="json")
        assert response.status_code == 201
    first, second = response.json()["rollouts"]
    assert [len(first["steps"]), len(second["steps"])] == [5, 0]
    assert second["parse_error"] == "missing_heading"
    assert [first["prompt_version"], second["prompt_version"]] == ["own", "2"]
    assert Rollout.objects.count() == 2
    assert QueueItem.objects.get().priority == 7
    listed = client.get(f"/api/v1/rollouts/?project={pair.project.slug}").json()["results"]
    assert [row["id"] for row in listed] == [first["id"], second["id"]]


def test_the_key_of_a_rollout_with_another_text_is_a_conflict_and_nothing_changes() -> None:
    pair, client = make_pair(make_project()), client_of(Role.LEAD)

    def send(*texts: str) -> int:
        rows = [{"pair": pair.pk, "text": text, "policy": "mine"} for text in texts]
        sent = {"rollouts": rows}
        return client.post("/api/v1/rollouts/", sent, format="json").status_code

    assert send(cot()) == 201
    assert send(cot(tier="3")) == 409
    assert Rollout.objects.get().text == cot()
    other = make_pair(make_project())
    pair = other
    assert send(cot(), cot(tier="3")) == 409  # in one request, too: all or none
    assert Rollout.objects.count() == 1


def test_a_rollout_of_an_unknown_pair_stores_nothing() -> None:
    pair = make_pair(make_project())
    rows = [{"pair": pk, "text": cot(), "policy": "mine"} for pk in (pair.pk, pair.pk + 1)]
    client = client_of(Role.LEAD)
    response = client.post("/api/v1/rollouts/", {"rollouts": rows}, format="json")
    assert response.status_code == 400
    assert not Rollout.objects.exists()


def test_an_export_is_asked_for_watched_and_downloaded(
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    settings.MEDIA_ROOT = tmp_path
    sent: list[int] = []
    monkeypatch.setattr(export_job_start, "delay", sent.append)
    item, client = split_item(), client_of(Role.LEAD)
    body = {"project": item.project.slug, "format": "labels", "filter": {"split": "train"}}
    with django_capture_on_commit_callbacks(execute=True):
        job = client.post("/api/v1/exports/", body, format="json").json()
    assert (sent, job["state"], job["file"]) == ([job["id"]], "queued", None)
    assert client.get(f"/api/v1/exports/{job['id']}/file/").status_code == 404
    export_job_run(job_id=job["id"])
    done = client.get(f"/api/v1/exports/{job['id']}/").json()
    assert (done["state"], done["rows_written"]) == ("done", 10)
    lines = client.get(done["file"]).getvalue().splitlines()
    assert len([json.loads(line) for line in lines]) == 10


def test_me_tells_roles_and_scopes() -> None:
    assert client_of(Role.LEAD).get("/api/v1/me/").json()["scopes"] == [
        "adjudicate", "export", "import", "label", "read", "rounds",
    ]  # fmt: skip


def test_an_address_that_is_not_there_is_a_problem_and_not_a_page() -> None:
    response = client_of(Role.LEAD).get("/api/v1/nope/")
    assert (response.status_code, response.json()["status"]) == (404, 404)


def test_a_query_with_a_nul_is_a_bad_request() -> None:
    client = client_of(Role.LEAD)
    assert client.get("/api/v1/items/?project=a%00b").status_code == 400

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.test import Client

from annotation.models import Pair, Project, QueueItem
from annotation.people.roles import Role
from tests.factories import make_pair, make_project, make_rollout
from tests.training.admin_door import client_of
from tests.training.chat_server import structured
from tests.training.speaking_server import serving
from tests.training.world import policy_make
from training.models import RolloutBatch
from training.rollouts.batches import batch_run
from training.rollouts.offered import SAMPLE_SOURCE
from training.rollouts.tasks import rollouts_run
from training.rollouts.writers import catalogue_writer, writer_start
from training.rollouts.written import writings
from training.runs.checkpoints import seed_policy

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(settings: Any, tmp_path: Path) -> Project:
    settings.RUNS_DIR = tmp_path / "runs"
    settings.POLICY_HOSTS = ["127.0.0.1"]
    project = make_project(slug="shop")
    make_pair(project, query="cable")
    return project


@pytest.fixture
def lead(project: Project) -> Client:
    return client_of(Role.LEAD)


@pytest.fixture(autouse=True)
def worker(django_capture_on_commit_callbacks: Any) -> Iterator[None]:
    """An inference worker whose work is done when its message is sent."""
    with mock.patch.object(rollouts_run, "delay", lambda pk: batch_run(batch_id=pk)):
        yield


def page(client: Client, path: str = "", **headers: str) -> str:
    return client.get(f"/training/first-cots/shop/{path}", headers=headers).content.decode()


@pytest.mark.django_db(transaction=True)
def test_one_click_and_every_pair_has_a_cot_that_people_are_asked_about(
    lead: Client, project: Project
) -> None:
    assert "nobody has written about 1 of them" in page(lead)
    answer = lead.post(
        "/training/first-cots/shop/write/", {"writer": "catalogue", "pairs": ""}, follow=True
    )
    text = answer.content.decode()
    assert "catalogue writer writes about 1 pairs." in text
    assert "1 (100 %)" in text
    assert "nobody has written about 0 of them" in text
    assert QueueItem.objects.count() == 1
    again = lead.post("/training/first-cots/shop/write/", {"writer": "catalogue", "pairs": ""})
    assert again.status_code == 422
    assert (
        "here is no pair that catalogue writer has not written about" in again.content.decode()
    )


@pytest.mark.django_db(transaction=True)
def test_a_chat_model_is_named_on_the_page_and_its_tokens_are_shown(
    lead: Client, project: Project
) -> None:
    with serving(lambda body, _: (200, structured())) as server:
        sent = {
            "writer": "chat",
            "url": server.url,
            "model": "m",
            "temperature": "0.2",
            "max_tokens": "300",
        }
        text = lead.post("/training/first-cots/shop/write/", sent, follow=True).content.decode()
        assert server.requests[0]["temperature"] == 0.2
    assert ">120<" in text.replace(" ", "").replace("\n", "")
    assert f'<option value="{server.url}">' in text, "it is proposed the next time"


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"url": "http://evil.example.org", "model": "m"}, "STEPWISE_POLICY_HOSTS"),
        ({"url": "", "model": "m"}, "This field is required"),
        ({"url": "http://127.0.0.1:1", "model": "m", "temperature": "9"}, "less than or equal"),
    ],
)
def test_what_is_wrong_with_a_chat_model_stands_on_the_page(
    lead: Client, sent: dict[str, str], words: str
) -> None:
    sent = {"writer": "chat", "temperature": "0", "max_tokens": "300", **sent}
    answer = lead.post("/training/first-cots/shop/write/", sent)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not RolloutBatch.objects.exists()


def test_another_page_loads_the_choice_alone(lead: Client) -> None:
    part = page(lead, **{"HX-Request": "true"})
    assert "<html" not in part
    assert "The catalogue writer" in part


def test_the_shipped_policy_is_offered_to_the_sample_and_to_no_other_shop(
    lead: Client, project: Project
) -> None:
    seed_policy()
    assert 'value="seed"' not in page(lead)
    policy_make(name="our-own")
    assert 'value="our-own"' in page(lead)
    Pair.objects.update(source=SAMPLE_SOURCE)
    assert 'value="seed"' in page(lead)


@pytest.mark.parametrize(
    ("state", "strikes", "shown"),
    [
        ("queued", 0, "waits for a worker"),
        ("running", 1, "writes"),
        ("running", 2, "goes on after a lost worker"),
        ("queued", 1, "goes on after a lost worker"),
        ("failed", 1, "Try again"),
        ("done", 0, "done"),
    ],
)
def test_the_state_of_each_writer_is_shown(
    lead: Client, project: Project, state: str, strikes: int, shown: str
) -> None:
    writer_start(project=project, writer=catalogue_writer())
    error = "the server is away" if state == "failed" else ""
    RolloutBatch.objects.update(state=state, strikes=strikes, error=error)
    text = page(lead)
    assert shown in text
    assert error in text
    assert ("every 3s" in text) == (state in ("queued", "running"))
    live = lead.get("/training/first-cots/shop/live/")
    assert ("HX-Refresh" in live.headers) == (state in ("failed", "done"))


@pytest.mark.django_db(transaction=True)
def test_a_failed_writer_is_tried_again_from_the_page(lead: Client, project: Project) -> None:
    batch = writer_start(project=project, writer=catalogue_writer())
    RolloutBatch.objects.update(state="failed", error="gone")
    lead.post(f"/training/first-cots/shop/{batch.pk}/again/")
    batch.refresh_from_db()
    assert (batch.state, batch.error) == ("done", "")


def test_what_parses_of_a_writer_that_mostly_does_not_is_queued_on_demand(
    lead: Client, project: Project
) -> None:
    batch = writer_start(project=project, writer=catalogue_writer())
    batch_run(batch_id=batch.pk)
    QueueItem.objects.all().delete()
    RolloutBatch.objects.update(error="only 1 of 3 rollouts are five-step answers")
    assert "Queue those that parse" in page(lead)
    lead.post(f"/training/first-cots/shop/{batch.pk}/queue/")
    assert QueueItem.objects.count() == 1


def test_a_batch_of_another_project_is_not_reached_through_this_one(
    lead: Client, project: Project
) -> None:
    other = make_project()
    make_pair(other)
    batch = writer_start(project=other, writer=catalogue_writer())
    RolloutBatch.objects.update(state="failed")
    assert lead.post(f"/training/first-cots/shop/{batch.pk}/again/").status_code == 404


def test_cots_that_came_from_outside_are_counted_beside_the_writers(project: Project) -> None:
    make_rollout(make_pair(project), text="no steps")
    (row,) = writings(project)
    assert (row.name, row.rollouts, row.parsed, row.share, row.state) == (
        "seed",
        1,
        0,
        0,
        "done",
    )


@pytest.mark.django_db(transaction=True)
def test_the_api_starts_a_writer_and_tells_what_was_written(
    lead: Client, project: Project
) -> None:
    sent = {"project": "shop", "splits": ["train"]}
    answer = lead.post("/api/v1/first-cots/", sent, content_type="application/json")
    assert answer.status_code == 202
    assert answer.json()["writer"] == "catalogue writer"
    assert answer.json()["pairs"] == 1
    (row,) = lead.get("/api/v1/first-cots/?project=shop").json()
    assert (row["rollouts"], row["parsed"], row["state"], row["error"]) == (1, 1, "done", "")
    for more, status in (({"model": "m"}, 422), ({"url": "http://x.org", "model": "m"}, 422)):
        refused = lead.post("/api/v1/first-cots/", sent | more, content_type="application/json")
        assert refused.status_code == status

"""The Python client against the real server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pytest_django import Settings

from annotation.exports.jobs import export_job_run
from annotation.exports.tasks import export_job_start
from annotation.models import Pair, StepLabel
from annotation.pairs.jobs import import_job_run
from annotation.pairs.tasks import import_job_start
from annotation.people.abilities import abilities_of
from annotation.people.roles import Role
from annotation.people.tokens import api_token_create
from stepwise_client import (
    Claim,
    Client,
    ConflictError,
    DraftConflictError,
    InvalidLabelsError,
    Label,
    Rollout,
    StepwiseError,
    Waiting,
)
from tests.factories import cot, make_item, make_pair, make_project, make_user

FIVE = [
    Label(1, "correct"),
    Label(2, "correct"),
    Label(3, "correct"),
    Label(4, "incorrect", "partial"),
    Label(5, "incorrect", "3"),
]


@pytest.fixture
def lead(live_server: Any) -> Iterator[Client]:
    with client_of(live_server.url, Role.LEAD) as client:
        yield client


def client_of(url: str, role: Role, transport: httpx.BaseTransport | None = None) -> Client:
    user = make_user(role)
    scopes = sorted(abilities_of(user))
    _, secret = api_token_create(user=user, name="client", scopes=scopes)
    return Client(url, secret, pauses=(0, 0), transport=transport)


def test_an_item_is_claimed_drafted_submitted_and_undone(lead: Client) -> None:
    item = make_item(make_project(overlap=1))
    claim = lead.next_claim(item.project.slug)
    assert isinstance(claim, Claim)
    assert [step.claimed for step in claim.steps] == ["", "", "match", "none", "2"]
    assert lead.heartbeat(claim) >= claim.expires_at
    assert lead.save_draft(claim, {"3": {"verdict": "correct"}}, 0) == 1
    with pytest.raises(DraftConflictError) as stale:
        lead.save_draft(claim, {}, 0)
    assert (stale.value.version, stale.value.draft) == (1, {"3": {"verdict": "correct"}})
    with pytest.raises(InvalidLabelsError) as wrong:
        lead.submit(claim, [Label(5, "correct", "4")])
    assert list(wrong.value.by_kind) == [5]
    receipt = lead.submit(claim, FIVE, key="once")
    assert lead.submit(claim, FIVE, key="once") == receipt
    with pytest.raises(ConflictError):
        lead.submit(claim, FIVE)
    assert lead.undo(receipt).id == claim.id
    lead.skip(claim, "to_others", "unclear text")
    nothing = lead.next_claim(item.project.slug)
    assert isinstance(nothing, Waiting)
    assert nothing.why == "skipped"


def test_a_submit_can_claim_the_next_item_in_the_same_request(lead: Client) -> None:
    first = make_item(make_project(overlap=1))
    make_item(first.project)
    claim = lead.next_claim(first.project.slug)
    assert isinstance(claim, Claim)
    receipt, following = lead.submit_and_claim(claim, FIVE, key="one")
    assert isinstance(following, Claim)
    assert following.id != claim.id
    again, same = lead.submit_and_claim(claim, FIVE, key="one")
    assert isinstance(same, Claim)
    assert (again, same.id) == (receipt, following.id)
    _, nothing = lead.submit_and_claim(following, FIVE)
    assert isinstance(nothing, Waiting)
    assert nothing.why == "empty"


def test_a_lost_answer_is_asked_for_again_and_labels_once(live_server: Any) -> None:
    class LosesTheFirstAnswer(httpx.HTTPTransport):
        lost = False

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            response = super().handle_request(request)
            if request.url.path.endswith("/submit/") and not self.lost:
                self.lost = True
                response.close()
                raise httpx.ReadError("connection reset")
            return response

    item = make_item(make_project(overlap=1))
    with client_of(live_server.url, Role.ANNOTATOR, LosesTheFirstAnswer()) as client:
        claim = client.next_claim(item.project.slug)
        assert isinstance(claim, Claim)
        receipt = client.submit(claim, FIVE)
    assert set(StepLabel.objects.values_list("submission", flat=True)) == {receipt.receipt}
    assert StepLabel.objects.count() == 5


class Away(httpx.BaseTransport):
    """Answers 503 ``times`` times, then 200 with nothing to do."""

    def __init__(self, times: int, status: int = 503) -> None:
        self.left, self.status, self.requests = times, status, 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        self.left -= 1
        if self.left >= 0:
            return httpx.Response(self.status, json={"detail": "away"})
        waiting = dict.fromkeys(("open_items", "claimable", "held", "skipped", "judged"), 0)
        queue = waiting | {"why": "empty", "held_until": None}
        return httpx.Response(200, json={"claim": None, "queue": queue})


def asking(transport: Away) -> Client:
    return Client("http://x", "stw_t", pauses=(0, 0), transport=transport)


def test_a_server_that_is_away_for_a_moment_is_asked_again() -> None:
    away = Away(2)
    assert isinstance(asking(away).next_claim(), Waiting)
    assert away.requests == 3


def test_the_client_gives_up_after_its_pauses_and_never_repeats_what_was_refused() -> None:
    away, refusing = Away(9), Away(9, status=500)
    for transport in (away, refusing):
        with pytest.raises(StepwiseError, match="away"):
            asking(transport).next_claim()
    assert (away.requests, refusing.requests) == (3, 1)


def test_a_get_is_asked_again_and_a_launch_whose_answer_may_be_lost_is_not() -> None:
    reading, launching = Away(2), Away(2)
    with pytest.raises(KeyError):  # the answer at last, which is no run
        asking(reading).job("runs", 1)
    with pytest.raises(StepwiseError, match="away"):
        asking(launching).launch_run("shop", "srpo", "seed")
    assert (reading.requests, launching.requests) == (3, 1)


def test_a_launch_that_was_one_request_too_many_is_sent_again() -> None:
    busy = Away(1, status=429)
    with pytest.raises(KeyError):
        asking(busy).launch_run("shop", "srpo", "seed")
    assert busy.requests == 2


def test_an_error_names_the_fields_that_are_wrong(lead: Client) -> None:
    with pytest.raises(StepwiseError) as wrong:
        lead.start_round("nowhere", autopilot="sideways")
    assert wrong.value.status == 400
    assert list(wrong.value.fields) == ["project", "autopilot"]
    assert "autopilot: " in str(wrong.value)
    rollout = Rollout(pair=1, text="", policy="mine")
    with pytest.raises(StepwiseError) as nested:
        lead.add_rollouts([rollout])
    assert list(nested.value.fields) == ["rollouts.0.text"]


def test_rollouts_go_in_and_pages_come_out(lead: Client) -> None:
    project = make_project()
    pairs = [make_pair(project) for _ in range(3)]
    pair = pairs[0]
    sent = [Rollout(each.pk, cot(), "mine") for each in pairs]
    kept = lead.add_rollouts(sent)
    assert len(kept) == 3
    items = list(lead.items(pair.project.slug, state="open"))
    assert [row["rollout"] for row in items] == [row["id"] for row in kept]
    assert list(lead.resolutions(pair.project.slug)) == []
    assert len(lead.agreement(pair.project.slug)) == 5


def test_files_are_imported_exported_and_downloaded(
    lead: Client, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    # The worker's part, in the server's thread.
    monkeypatch.setattr(import_job_start, "delay", lambda pk: import_job_run(job_id=pk))
    monkeypatch.setattr(export_job_start, "delay", lambda pk: export_job_run(job_id=pk))
    project = make_project(overlap=1)
    file = tmp_path / "pairs.jsonl"
    file.write_text('{"query": "q", "title": "t"}\n')
    done = lead.wait("imports", lead.start_import(project.slug, file).id)
    assert (done.state, done.body["pairs_created"]) == ("done", 1)
    pair = Pair.objects.get(project=project)
    lead.add_rollouts([Rollout(pair.pk, cot(), "mine")])
    claim = lead.next_claim(project.slug)
    assert isinstance(claim, Claim)
    lead.submit(claim, FIVE)
    export = lead.wait("exports", lead.start_export(project.slug, "labels", policy="mine").id)
    target = lead.download(export, tmp_path / "labels.jsonl")
    rows = [json.loads(line) for line in target.read_text().splitlines()]
    assert [row["kind"] for row in rows] == [1, 2, 3, 4, 5]


def test_a_problem_is_an_exception_with_its_status_and_sentence(lead: Client) -> None:
    with pytest.raises(StepwiseError) as refused:
        lead.launch_run("shop", "srpo", "seed")
    assert (refused.value.status, refused.value.detail) == (
        403, "your roles do not allow 'train'",
    )  # fmt: skip
    assert refused.value.type == "urn:stepwise:problem:forbidden"

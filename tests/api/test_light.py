"""The short way through a body reads what the serializers read, and accepts nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from annotation.cot.attributes import STATES
from annotation.cot.labels import VERDICTS
from annotation.labelling.api_forms import Claim, Receipt, Submit, labels_of
from annotation.labelling.claims import claim_record, claim_whole
from annotation.labelling.light import Said, slug_of, submit_of
from annotation.labelling.queue import queue_claim
from annotation.models import Assignment, StepLabel, Submission, joined
from annotation.people.fields import OptionalProject
from annotation.people.roles import Role
from tests.api.clients import client_of
from tests.factories import make_item, make_project, make_user

FIVE = [
    {"kind": kind, "verdict": "correct", "value": value}
    for kind, value in enumerate(["", "", "match", "none", "2"], 1)
]
_TEXT = st.sampled_from(
    ["", "a b", " a", "two\nlines", "nul\x00", "half \ud800", "长", "x" * 17]
)
_NUMBER = st.sampled_from([0, 1, 5, 6, -1, 3_600_001, True, None, 1.0, "1", 2**31])
_ANYTHING: st.SearchStrategy[Any] = st.one_of(_TEXT, _NUMBER, st.just([]), st.just({}))
_GOOD_MARK = st.fixed_dictionaries(
    {"name": st.sampled_from(["color", "size 42"]), "state": st.sampled_from(STATES)}
)
_GOOD_LABEL = st.fixed_dictionaries(
    {"kind": st.integers(1, 5), "verdict": st.sampled_from(VERDICTS)},
    optional={
        "value": st.sampled_from(["", "match", "4"]),
        "reason": st.sampled_from(["", "because of 颜色"]),
        "comment": st.just("no cap"),
        "comment_start": st.integers(0, 9),
        "comment_end": st.none(),
        "active_ms": st.integers(0, 3_600_000),
        "hint_shown": st.booleans(),
        "attributes": st.lists(_GOOD_MARK, max_size=2),
        "unknown": st.just(1),
    },
)
_FIELDS = [
    "kind", "verdict", "value", "reason", "comment", "comment_start", "comment_end",
    "active_ms", "hint_shown", "attributes",
]  # fmt: skip


@st.composite
def bodies(draw: st.DrawFn) -> Any:
    """Good ones, and good ones with one thing replaced by anything."""
    labels = draw(st.lists(_GOOD_LABEL, min_size=1, max_size=3))
    body = {"labels": labels, "active_ms": draw(st.integers(0, 9))}
    place = draw(
        st.sampled_from(["nothing", "body", "labels", "next", "label", "mark", *_FIELDS])
    )
    odd = draw(_ANYTHING)
    if place == "body":
        return odd
    if place == "labels":
        body["labels"] = odd
    elif place == "next":
        body["next"] = draw(st.one_of(st.just({"project": "shop"}), st.just({"project": odd})))
    elif place == "label":
        labels[0] = odd
    elif place == "mark":
        labels[0]["attributes"] = [
            draw(_GOOD_MARK) | {draw(st.sampled_from(["name", "state"])): odd}
        ]
    elif place != "nothing":
        labels[0][place] = odd
    return body


@given(bodies())
def test_what_is_read_the_short_way_the_serializer_reads_alike(body: Any) -> None:
    read = submit_of(body)
    if read is not None:
        form = Submit(data=body)
        assert form.is_valid(), form.errors
        sent = form.validated_data
        wanted = sent["next"].get("project", "") if "next" in sent else None
        assert read == Said(labels_of(sent["labels"]), sent["active_ms"], wanted)


@given(st.one_of(_ANYTHING, st.fixed_dictionaries({}, optional={"project": _ANYTHING})))
def test_a_slug_read_the_short_way_is_the_serializers(body: Any) -> None:
    slug = slug_of(body)
    if slug is not None:
        form = OptionalProject(data=body)
        assert form.is_valid(), form.errors
        assert slug == form.validated_data.get("project", "")


def test_the_body_that_people_send_all_day_takes_the_short_way() -> None:
    body = {"labels": [*FIVE[:4], FIVE[4] | {"comment": "cap is red", "active_ms": 900}]}
    read = submit_of(body | {"active_ms": 4500})
    assert read is not None
    last = read.labels[4]
    assert [label.kind for label in read.labels] == [1, 2, 3, 4, 5]
    assert (last.comment, last.active_ms, read.active_ms) == ("cap is red", 900, 4500)
    assert read.following is None
    following = submit_of(body | {"next": {"project": "shop"}})
    assert following is not None
    assert following.following == "shop"


@pytest.mark.django_db
def test_a_claim_as_it_is_sent_is_what_the_schema_describes() -> None:
    user, item = make_user(), make_item(make_project(overlap=1))
    claim = queue_claim(annotator=user, project=item.project)
    assert claim is not None
    Assignment.objects.update(draft={"3": {"verdict": "correct"}}, draft_version=4)
    sent = json.loads(json.dumps(claim_record(claim.pk, user.pk)))
    plain = Assignment.objects.get(pk=claim.pk)
    assert sent == json.loads(json.dumps(Claim(plain).data))
    assert claim_record(claim.pk, make_user().pk) is None


@pytest.mark.django_db
def test_a_receipt_as_it_is_sent_is_what_the_schema_describes() -> None:
    make_item(make_project(overlap=1))
    client = client_of(Role.ANNOTATOR)
    claim = client.post("/api/v1/queue/next/", {}, format="json").json()["claim"]
    sent = client.post(
        f"/api/v1/claims/{claim['id']}/submit/",
        {"labels": FIVE},
        format="json",
        headers={"Idempotency-Key": "k"},
    )
    described = json.loads(json.dumps(Receipt(Submission.objects.get()).data))
    assert described.pop("next") is None  # there where it was asked for
    assert sent.json() == described


@pytest.mark.django_db
def test_a_claim_with_all_that_is_shown_is_one_query() -> None:
    user, item = make_user(), make_item(make_project(overlap=1))
    claim = queue_claim(annotator=user, project=item.project)
    assert claim is not None
    with CaptureQueriesContext(connection) as queries:
        whole = claim_whole(claim.pk, user)
        assert whole is not None
        shown = whole.item.rollout
        kinds = [step.kind for step in shown.steps.all()]
        texts = (shown.pair.query, shown.pair.product.title, whole.item.project.slug)
    assert len(queries) == 1
    assert kinds == [1, 2, 3, 4, 5]
    assert texts == ("red shoes", "Blue trail shoes", item.project.slug)
    assert shown.steps.filter(kind=3).get().value == "match"
    assert claim_whole(claim.pk, make_user()) is None


@pytest.mark.django_db
def test_claiming_and_submitting_ask_the_database_three_times_each() -> None:
    """Person, own claim, next item with its text; person, what is asked, everything at once."""
    slug = make_item(make_project(overlap=1)).project.slug
    client = client_of(Role.ANNOTATOR)
    client.get("/api/v1/me/")  # notes the use of the token
    with CaptureQueriesContext(connection) as claiming:
        body = client.post("/api/v1/queue/next/", {"project": slug}, format="json").json()
    with CaptureQueriesContext(connection) as submitting:
        client.post(
            f"/api/v1/claims/{body['claim']['id']}/submit/",
            {"labels": FIVE},
            format="json",
            headers={"Idempotency-Key": "k"},
        )
    assert (len(claiming), len(submitting)) == (3, 3)
    assert StepLabel.objects.count() == 5


@pytest.mark.django_db
def test_a_kept_plan_is_made_anew_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("annotation.models.joined.time.monotonic", lambda: now[0])

    def plans() -> int:
        row = joined.fetch("SELECT 'kept'")
        assert row == ("kept",)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s",
                ["SELECT 'kept'%"],
            )
            return int(cursor.fetchone()[0])

    assert (plans(), plans()) == (1, 1)
    now[0] += joined.REPLAN_SECONDS
    assert (plans(), plans()) == (2, 2)

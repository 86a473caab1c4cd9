"""The bodies that annotators send all day, and what they get back for them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from annotation.cot.attributes import AttributeMark
from annotation.labelling.api_forms import Claim, Receipt
from annotation.labelling.bodies import ProjectWanted, Submit, label_inputs
from annotation.labelling.claims import claim_record, claim_shown
from annotation.labelling.queue import queue_claim
from annotation.models import Assignment, StepLabel, Submission, joined
from annotation.people.bodies import body_as
from annotation.people.roles import Role
from tests.api.clients import client_of
from tests.factories import make_item, make_project, make_user

FIVE = [
    {"kind": kind, "verdict": "correct", "value": value}
    for kind, value in enumerate(["", "", "match", "none", "2"], 1)
]
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


def sent(body: Any) -> Request:
    plain = APIRequestFactory().post("/", json.dumps(body), content_type="application/json")
    return Request(plain, parsers=[JSONParser()])


def refusals(body: Any, form: type[Any] = Submit) -> Any:
    with pytest.raises(ValidationError) as refused:
        body_as(sent(body), form)
    return refused.value.detail


def one_label(**fields: Any) -> dict[str, Any]:
    return {"labels": [FIVE[0] | fields]}


def test_a_body_is_read_into_what_the_services_take() -> None:
    marked = FIVE[3] | {"attributes": [{"name": " color ", "state": "match"}], "value": " all "}
    body = {"labels": [*FIVE[:3], marked, FIVE[4] | {"comment": "red"}], "active_ms": 4500}
    read = body_as(sent(body | {"next": {"project": "shop"}, "unknown": 1}), Submit)
    labels = label_inputs(read.labels)
    assert [label.kind for label in labels] == [1, 2, 3, 4, 5]
    assert (labels[3].value, labels[3].attributes) == (
        "all",
        (AttributeMark("color", "match"),),
    )
    assert (labels[4].comment, read.active_ms) == ("red", 4500)
    assert read.next == ProjectWanted(project="shop")
    assert body_as(sent(body), Submit).next is UNSET


@pytest.mark.parametrize(
    ("fields", "place", "words"),
    [
        ({"kind": 0}, "kind", ">= 1"),
        ({"kind": 6}, "kind", "<= 5"),
        ({"kind": True}, "kind", "got `bool`"),
        ({"verdict": "perhaps"}, "verdict", "'perhaps'"),
        ({"value": "x" * 17}, "value", "<= 16"),
        ({"reason": "x" * 100_001}, "reason", "<= 100000"),
        ({"comment": None}, "comment", "got `null`"),
        ({"comment_start": -1}, "comment_start", ">= 0"),
        ({"comment_end": 2**31}, "comment_end", "<= 2147483647"),
        ({"active_ms": 3_600_001}, "active_ms", "<= 3600000"),
        ({"hint_shown": "maybe"}, "hint_shown", "`bool`"),
        ({"attributes": [{"name": "", "state": "match"}]}, "attributes[0].name", ">= 1"),
        ({"attributes": [{"name": "a", "state": "no"}]}, "attributes[0].state", "'no'"),
    ],
)
def test_what_is_wrong_is_refused_by_its_place(
    fields: dict[str, Any], place: str, words: str
) -> None:
    ((key, (message,)),) = refusals(one_label(**fields)).items()
    assert key == f"labels[0].{place}"
    assert words in message


def test_a_body_without_labels_or_of_another_kind_is_refused() -> None:
    assert list(refusals({"labels": []})) == ["labels"]
    assert list(refusals([])) == ["body"]
    assert "labels" in str(refusals({})["body"])
    assert list(refusals({"labels": FIVE, "next": {"project": "a b"}})) == ["next.project"]
    assert list(refusals({"project": "a b"}, ProjectWanted)) == ["project"]


def test_a_number_may_come_as_text_as_in_every_other_body() -> None:
    (label,) = label_inputs(body_as(sent(one_label(kind="5", active_ms="900")), Submit).labels)
    assert (label.kind, label.active_ms) == (5, 900)


@given(st.dictionaries(st.sampled_from([*Submit.__struct_fields__, "x"]), _JSON) | _JSON)
def test_any_json_is_read_or_refused(body: Any) -> None:
    try:
        assert label_inputs(body_as(sent(body), Submit).labels)
    except ValidationError:
        assert refusals(body)


@pytest.mark.django_db
def test_a_claim_as_it_is_sent_is_what_the_schema_describes() -> None:
    user, item = make_user(), make_item(make_project(overlap=1))
    claim = queue_claim(annotator=user, project=item.project)
    assert claim is not None
    Assignment.objects.update(draft={"3": {"verdict": "correct"}}, draft_version=4)
    shown = claim_shown(claim.pk, user.pk)
    assert shown is not None
    sent = json.loads(json.dumps(claim_record(shown)))
    plain = Assignment.objects.get(pk=claim.pk)
    assert sent == json.loads(json.dumps(Claim(plain).data))
    assert claim_shown(claim.pk, make_user().pk) is None


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
        whole = claim_shown(claim.pk, user.pk)
        assert whole is not None
        shown = whole.item.rollout
        kinds = [step.kind for step in shown.steps]
        texts = (shown.pair.query, shown.pair.product.title, whole.item.project.slug)
    assert len(queries) == 1
    assert kinds == [1, 2, 3, 4, 5]
    assert texts == ("red shoes", "Blue trail shoes", item.project.slug)
    assert shown.steps[2].value == "match"


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

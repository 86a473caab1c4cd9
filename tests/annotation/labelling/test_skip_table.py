"""A skip reason is one row of one table: the dialog, the API, the export and the documents read
it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from annotation.exports.formats import ExportFilter
from annotation.exports.skips import skip_rows
from annotation.labelling.passed import unrateable_votes
from annotation.labelling.queue import item_skip, queue_claim
from annotation.labelling.skip_table import SKIPS, Effect, SkipReason, skip_keys
from annotation.models import Assignment, Project, QueueItem
from annotation.people.roles import Role
from tests.factories import make_item, make_project, make_user

PAGE = Path(__file__).resolve().parents[3] / "docs" / "labelling.md"
TOY = SkipReason("toy", "a toy reason", Effect.VOTE)


def undocumented() -> list[str]:
    lines = PAGE.read_text().splitlines()
    return [row.key for row in SKIPS if row.documented not in lines]


def ways_of_the_schema(client: Client) -> Any:
    answer = client.get(
        reverse("api:schema"), headers={"Accept": "application/vnd.oai.openapi+json"}
    )
    schemas = json.loads(answer.content)["components"]["schemas"]
    how = schemas["Skip"]["properties"]["how"]
    (enum,) = [part["$ref"].rpartition("/")[2] for part in how.get("allOf", [how])]
    return schemas[enum]["enum"]


@pytest.fixture
def toy() -> Iterator[SkipReason]:
    SKIPS.append(TOY)
    yield TOY
    SKIPS.remove(TOY)


@pytest.fixture
def project(db: None) -> Project:
    return make_project(overlap=1)


def test_every_skip_reason_is_documented_and_fits_its_column() -> None:
    assert undocumented() == []
    longest = Assignment._meta.get_field("skip").max_length or 0
    assert all(0 < len(key) <= longest for key in skip_keys())
    assert len(set(skip_keys())) == len(SKIPS)


def test_a_reason_added_by_one_row_is_in_the_dialog_the_api_the_export_and_the_documents(
    client: Client, project: Project, toy: SkipReason
) -> None:
    item, anna = make_item(project), make_user()
    client.force_login(anna)
    page = client.get(reverse("label")).content.decode()
    assert 'value="toy"' in page
    assert "a toy reason" in page
    assert ways_of_the_schema(client) == skip_keys()
    assert undocumented() == ["toy"]
    claim = Assignment.objects.get()
    body = {"how": "toy", "reason": "no picture"}
    answer = client.post(
        f"/api/v1/claims/{claim.pk}/skip/", body, content_type="application/json"
    )
    assert answer.status_code == 204
    (row,) = skip_rows(ExportFilter(project=project))
    assert (row["how"], row["reason"]) == ("toy", "no picture")
    item.refresh_from_db()
    assert [vote.annotator for vote in unrateable_votes(item)] == [anna]
    assert (item.state, item.note) == (QueueItem.State.DROPPED, "toy: no picture")


@pytest.mark.django_db
def test_only_a_lead_is_offered_what_only_leads_may_do(client: Client) -> None:
    project = make_project(overlap=2)
    make_item(project)
    for person, offered in ((make_user(), False), (make_user(Role.LEAD), True)):
        client.force_login(person)
        page = client.get(reverse("label")).content.decode()
        assert ('value="drop"' in page) is offered


def test_the_dialog_marks_the_ways_that_want_a_reason(client: Client, project: Project) -> None:
    make_item(project)
    client.force_login(make_user(Role.LEAD))
    page = client.get(reverse("label")).content.decode()
    dialog = page[page.index('<dialog id="skip"') : page.index("<noscript>")]
    _, *ways = dialog.split('name="how" value="')
    marked = [way.partition('"')[0] for way in ways if "with a reason" in way]
    assert marked == [row.key for row in SKIPS if row.wants_reason]


@pytest.mark.django_db
def test_votes_of_two_kinds_are_told_apart_in_the_items_note(toy: SkipReason) -> None:
    item = make_item(make_project(overlap=2, max_overlap=2))
    for how, reason in (("toy", "no picture"), ("unrateable", "no title")):
        person = make_user()
        claim = queue_claim(annotator=person)
        assert claim is not None
        item_skip(assignment=claim, annotator=person, how=how, reason=reason)
    item.refresh_from_db()
    assert item.note == "toy: no picture; unrateable: no title"

"""A cause is one row of one table: the form, the API and the documents read it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from annotation.deciding.causes import CAUSES, Cause, cause_keys, cause_label
from annotation.deciding.resolution import StepDecision, item_adjudicate, item_resolve
from annotation.models import QueueItem, Resolution
from annotation.people.roles import Role
from tests.factories import labels_for, make_item, make_project, make_user, submit

PAGE = Path(__file__).resolve().parents[3] / "docs" / "quality.md"
TOY = Cause("toy", "a toy cause", "in a test only")


def undocumented() -> list[str]:
    lines = PAGE.read_text().splitlines()
    return [cause.key for cause in CAUSES if cause.documented not in lines]


def causes_of_the_schema(client: Client) -> list[str]:
    answer = client.get(
        reverse("api:schema"), headers={"Accept": "application/vnd.oai.openapi+json"}
    )
    schemas = json.loads(answer.content)["components"]["schemas"]
    cause = schemas["Adjudicate"]["properties"]["cause"]
    (enum,) = [part["$ref"].rpartition("/")[2] for part in cause.get("allOf", [cause])]
    return list(schemas[enum]["enum"])


@pytest.fixture
def toy() -> Iterator[Cause]:
    CAUSES.append(TOY)
    yield TOY
    CAUSES.remove(TOY)


@pytest.fixture
def item() -> QueueItem:
    item = make_item(make_project(overlap=3, max_overlap=3))
    for tier in ("2", "3", "4"):
        submit(item, make_user(), labels_for(tier=tier))
    assert item_resolve(item=item) == QueueItem.State.SPLIT
    return item


def test_every_cause_is_documented_and_fits_its_column() -> None:
    assert undocumented() == []
    longest = Resolution._meta.get_field("cause").max_length or 0
    assert all(0 < len(key) <= longest for key in cause_keys())
    assert len(set(cause_keys())) == len(CAUSES)


@pytest.mark.django_db
def test_a_cause_added_by_one_row_is_on_the_form_in_the_api_and_asked_of_the_documents(
    client: Client, item: QueueItem, toy: Cause
) -> None:
    lead = make_user(Role.LEAD)
    client.force_login(lead)
    page = client.get(f"/adjudication/{item.pk}/").content.decode()
    assert 'name="cause" value="toy"' in page
    assert "a toy cause" in page
    assert causes_of_the_schema(client) == cause_keys()
    assert undocumented() == ["toy"]
    decided = {"decisions": [{"kind": 5, "verdict": "correct", "value": "2"}], "cause": "toy"}
    url = f"/api/v1/items/{item.pk}/adjudicate/"
    answer = client.post(url, decided, content_type="application/json")
    assert [row["cause"] for row in answer.json()] == ["toy"]
    assert "a toy cause" in client.get(f"/quality/items/{item.pk}/").content.decode()


@pytest.mark.django_db
def test_a_cause_that_left_the_table_keeps_its_name_in_old_decisions(
    client: Client, item: QueueItem
) -> None:
    lead = make_user(Role.LEAD)
    decisions = {5: StepDecision("correct", "2")}
    (row,) = item_adjudicate(item=item, lead=lead, decisions=decisions, cause="other")
    Resolution.objects.filter(pk=row.pk).update(cause="bygone")
    assert cause_label("bygone") == "bygone"
    client.force_login(lead)
    assert "bygone" in client.get(f"/quality/items/{item.pk}/").content.decode()

"""My last items: what a person submitted, what became of it, and the way back into it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotation.labelling.queue import item_skip, queue_claim
from annotation.labelling.recent import MOST, recent_work
from annotation.models import Assignment, Project, QueueItem, Submission
from tests.annotation.labelling.gold_world import answer, claim_next, gold_project, make_gold
from tests.factories import labels_for, make_item, make_project, make_user, submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna() -> User:
    return make_user()


@pytest.fixture
def project() -> Project:
    return make_project(overlap=2)


def page_of(client: Client, anna: User, project: Project) -> str:
    client.force_login(anna)
    return client.get(reverse("label_recent"), {"project": project.slug}).content.decode()


def test_the_last_twenty_of_the_project_are_listed_newest_first(
    anna: User, project: Project
) -> None:
    items = [make_item(project) for _ in range(MOST + 1)]
    receipts = [submit(item, anna).pk for item in items]
    submit(make_item(make_project()), anna)  # elsewhere
    submit(items[0], make_user())  # somebody else's
    listed = [row.submission.pk for row in recent_work(anna, project)]
    assert listed == receipts[:0:-1]
    assert len(listed) == 20


def test_a_row_says_what_was_answered_and_what_became_of_it(
    client: Client, anna: User, project: Project
) -> None:
    item = make_item(project)
    submit(item, anna, labels_for(tier="3"))
    page = page_of(client, anna, project)
    assert "red shoes" in page
    assert "Blue trail shoes" in page
    assert "5 · incorrect, 3 Related" in page
    assert "waits for others" in page
    submit(item, make_user(), labels_for(tier="3"))
    assert "complete, will be decided" in page_of(client, anna, project)
    QueueItem.objects.update(state=QueueItem.State.RESOLVED)
    page = page_of(client, anna, project)
    assert ("decided" in page, "Open again" in page) == (True, False)


@pytest.mark.parametrize(
    ("state", "reopens"),
    [("open", True), ("labelled", True), ("split", False), ("resolved", False)],
)
def test_an_item_can_be_opened_again_until_it_is_decided(
    client: Client, anna: User, project: Project, state: str, reopens: bool
) -> None:
    receipt = submit(make_item(project), anna)
    QueueItem.objects.update(state=state)
    way_back = reverse("label_undo", args=[receipt.pk])
    assert (way_back in page_of(client, anna, project)) is reopens


def test_opening_again_brings_back_exactly_what_was_submitted_while_another_item_waits(
    client: Client, anna: User, project: Project
) -> None:
    first, second = make_item(project), make_item(project)
    receipt = submit(first, anna, labels_for(tier="3"))
    assert queue_claim(annotator=anna) is not None, "the next one is on the screen"
    client.force_login(anna)
    answer = client.post(reverse("label_undo", args=[receipt.pk]), follow=True)
    assert answer.context["item"].id == first.pk
    assert answer.context["assignment"].draft["5"]["value"] == "3"
    assert recent_work(anna, project) == []
    assert Assignment.objects.get(item=second).state == Assignment.State.CLAIMED


def test_an_item_that_cannot_be_judged_is_listed_as_that(
    client: Client, anna: User, project: Project
) -> None:
    make_item(project)
    claim = queue_claim(annotator=anna)
    assert claim is not None
    item_skip(assignment=claim, annotator=anna, how="unrateable", reason="no title")
    assert "It cannot be judged" in page_of(client, anna, project)
    assert Submission.objects.get().labels.count() == 0


def test_a_gold_item_leads_to_its_feedback_and_cannot_be_opened_again(
    client: Client, anna: User
) -> None:
    project = gold_project()
    make_item(project)
    make_gold(project)
    gold_try = answer(anna, claim_next(anna, project))
    page = page_of(client, anna, project)
    assert reverse("gold_feedback", args=[gold_try.pk]) in page
    assert "Open again" not in page


def test_the_page_asks_the_same_few_questions_however_much_is_listed(
    client: Client, anna: User, project: Project
) -> None:
    counts = []
    for many in (1, 9):
        for _ in range(many):
            submit(make_item(project), anna)
        page_of(client, anna, project)  # the session is written once
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("label_recent"), {"project": project.slug})
        counts.append(len(queries))
    assert counts[0] == counts[1]

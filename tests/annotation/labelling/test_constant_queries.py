"""What annotators open all day asks the database as often, however much there is."""

from __future__ import annotations

import uuid

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotation.labelling.passed import passed_by_everybody, waiting_for_lead
from annotation.labelling.queue import item_skip, queue_claim
from annotation.labelling.submit import label_submit
from annotation.models import Assignment, Project
from tests.factories import labels_for, make_item, make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna() -> User:
    return make_user()


@pytest.fixture
def project() -> Project:
    return make_project(overlap=2)


def claimed(project: Project, anna: User) -> Assignment:
    claim = queue_claim(annotator=anna, project=project)
    assert claim is not None
    return claim


def work(project: Project, anna: User, many: int) -> None:
    """So many more items that she submitted, that she passed on, and that wait for her."""
    for _ in range(many):
        for _ in range(2):
            make_item(project)
        label_submit(
            assignment=claimed(project, anna),
            annotator=anna,
            client_key=uuid.uuid4().hex,
            labels=labels_for(),
        )
        passed = claimed(project, anna)
        item_skip(assignment=passed, annotator=anna, how="to_others", reason="not mine")
    for _ in range(many):
        make_item(project)


@pytest.mark.parametrize("path", ["/label/?project={}", "/api/v1/queue/?project={}"])
def test_the_label_page_and_the_queue_ask_as_often_with_ten_times_the_work(
    client: Client, anna: User, project: Project, path: str
) -> None:
    client.force_login(anna)
    counts = []
    for many in (1, 9):
        Assignment.objects.filter(state=Assignment.State.CLAIMED).delete()
        work(project, anna, many)
        client.get(path.format(project.slug))  # claims, and writes the session once
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path.format(project.slug)).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_what_everybody_passed_on_is_read_in_the_same_few_questions(
    anna: User, project: Project
) -> None:
    counts = []
    for many in (1, 9):
        work(project, anna, many)
        with CaptureQueriesContext(connection) as queries:
            passed = passed_by_everybody(project)
            items = list(waiting_for_lead(project))
            assert [item.rollout.pair.product.title for item in items]
        counts.append((len(queries), len(passed)))
    assert counts == [(counts[0][0], 1), (counts[0][0], 10)]


def test_the_label_page_of_a_claim_asks_at_most_so_often(
    client: Client, anna: User, project: Project
) -> None:
    client.force_login(anna)
    work(project, anna, 2)
    client.get(reverse("label"), {"project": project.slug})
    with CaptureQueriesContext(connection) as queries:
        client.get(reverse("label"), {"project": project.slug})
    assert len(queries) <= 20, [query["sql"][:80] for query in queries]

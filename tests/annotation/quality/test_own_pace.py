"""Nobody has to be assigned anything, and nobody's absence or own work stands in the way."""

from __future__ import annotations

import pytest
from django.test import Client

from annotation.labelling.queue import claim_heartbeat, draft_save, item_skip, queue_claim
from annotation.models import Assignment, ExportJob, QueueItem
from annotation.people.roles import Role
from tests.factories import make_item, make_project, make_user, submit

pytestmark = pytest.mark.django_db


def test_a_new_annotator_is_given_work_at_once_without_any_assignment() -> None:
    item = make_item(make_project())
    claim = queue_claim(annotator=make_user())
    assert claim is not None
    assert claim.item_id == item.pk


def test_people_who_never_come_hold_nothing_back_from_the_one_who_does() -> None:
    """Three annotators of a project with one judgment an item; two of them never log in."""
    project = make_project(overlap=1)
    items = [make_item(project) for _ in range(3)]
    make_user(), make_user()
    present = make_user()
    for _ in items:
        claim = queue_claim(annotator=present, project=project)
        assert claim is not None
        submit(claim.item, present)
    assert QueueItem.objects.filter(state=QueueItem.State.LABELLED).count() == 3


def test_what_a_person_saves_does_not_end_their_own_lease() -> None:
    make_item(make_project())
    person = make_user()
    claim = queue_claim(annotator=person)
    assert claim is not None
    for version in range(3):
        draft_save(
            assignment=claim,
            annotator=person,
            base_version=version,
            draft={"1": {"n": version}},
        )
        claim_heartbeat(assignment=claim, annotator=person)
    assert Assignment.objects.get().state == Assignment.State.CLAIMED


def test_items_that_could_not_be_judged_go_back_in_bulk_with_what_was_said(
    client: Client,
) -> None:
    project = make_project(overlap=1)
    items = [make_item(project) for _ in range(2)]
    for _ in items:
        person = make_user()
        claim = queue_claim(annotator=person, project=project)
        assert claim is not None
        item_skip(assignment=claim, annotator=person, how="unrateable", reason="no picture")
    dropped = QueueItem.objects.filter(state=QueueItem.State.DROPPED)
    assert dropped.count() == 2
    client.force_login(make_user(Role.LEAD))
    chosen = {"action": "reopen", "_selected_action": [item.pk for item in items]}
    client.post("/admin/annotation/queueitem/", chosen)
    assert dropped.count() == 0
    assert set(Assignment.objects.values_list("reason", flat=True)) == {"no picture"}


def test_an_export_that_no_worker_will_write_says_so(client: Client) -> None:
    """No worker has ever reported to this database."""
    ExportJob.objects.create(project=make_project(), format="labels")
    client.force_login(make_user(Role.LEAD))
    page = client.get("/exports/").content.decode()
    assert "no worker listens to the bulk queue" in page

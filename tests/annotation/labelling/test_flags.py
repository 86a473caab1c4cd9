"""Flags: who may raise and settle them, and who sees them."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from annotation.cot.errors import Conflict, Denied, Invalid
from annotation.labelling.flags import flag_raise, flag_settle
from annotation.labelling.flags_select import flags_by, open_flags, open_flags_of
from annotation.labelling.queue import queue_claim
from annotation.models import Assignment, Flag, Project, QueueItem
from annotation.people.roles import Role
from tests.browser import seed

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return seed.project_seed()


@pytest.fixture
def annotator() -> User:
    return seed.person_seed("ann", Role.ANNOTATOR)


@pytest.fixture
def lead() -> User:
    return seed.person_seed("lea", Role.LEAD)


@pytest.fixture
def item(project: Project, annotator: User) -> QueueItem:
    made = seed.item_seed(project, seed.KETTLE)
    queue_claim(annotator=annotator)
    return made


def test_a_flag_on_a_step_reaches_the_leads_and_leaves_the_claim_alone(
    item: QueueItem, annotator: User
) -> None:
    flag = flag_raise(item=item, person=annotator, reason="two sizes are given", kind=4)
    assert list(open_flags()) == [flag]
    assert open_flags_of(item) == {4: [flag]}
    assert Assignment.objects.get().state == Assignment.State.CLAIMED


def test_the_same_flag_sent_twice_is_one_flag(item: QueueItem, annotator: User) -> None:
    first = flag_raise(item=item, person=annotator, reason="odd", kind=None)
    assert flag_raise(item=item, person=annotator, reason=" odd ", kind=None) == first
    assert flag_raise(item=item, person=annotator, reason="odd", kind=1) != first


def test_a_flag_needs_a_reason_and_a_step_of_the_item(item: QueueItem, annotator: User) -> None:
    for reason, kind in ((" ", 1), ("x" * 501, 1), ("odd", 6)):
        with pytest.raises(Invalid):
            flag_raise(item=item, person=annotator, reason=reason, kind=kind)
    assert not Flag.objects.exists()


def test_an_item_that_one_was_never_given_cannot_be_flagged(item: QueueItem) -> None:
    with pytest.raises(Denied):
        flag_raise(item=item, person=seed.person_seed("bob", Role.ANNOTATOR), reason="odd")


def test_a_lead_settles_a_flag_once_and_its_author_sees_the_answer(
    item: QueueItem, annotator: User, lead: User
) -> None:
    flag = flag_raise(item=item, person=annotator, reason="odd")
    with pytest.raises(Denied):
        flag_settle(flag=flag, lead=annotator)
    flag_settle(flag=flag, lead=lead, answer="as meant")
    assert not open_flags().exists()
    assert flags_by(annotator).get().answer == "as meant"
    with pytest.raises(Conflict):
        flag_settle(flag=flag, lead=lead)


def test_flags_are_raised_and_settled_by_plain_forms(
    client: Client, item: QueueItem, annotator: User, lead: User
) -> None:
    claim = Assignment.objects.get()
    client.force_login(annotator)
    form = {"reason": "the size is missing", "kind": "4"}
    answer = client.post(f"/label/{claim.pk}/flag/", form, follow=True)
    assert b"Flagged for the leads." in answer.content
    assert client.post(f"/flags/{Flag.objects.get().pk}/settle/").status_code == 403
    client.force_login(lead)
    listed = client.get("/flags/").content.decode()
    assert "the size is missing" in listed
    assert "4 Attribute match" in listed
    assert b"the size is missing" in client.get(f"/adjudication/{item.pk}/").content
    client.post(f"/flags/{Flag.objects.get().pk}/settle/", {"answer": "skip it"})
    client.force_login(annotator)
    mine = client.get("/flags/").content.decode()
    assert "skip it" in mine
    assert "Settle" not in mine


def test_a_script_is_told_why_a_flag_was_refused(
    client: Client, item: QueueItem, annotator: User
) -> None:
    client.force_login(annotator)
    url = f"/label/{Assignment.objects.get().pk}/flag/"
    answer = client.post(url, {"reason": ""}, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert "say why" in answer.content.decode()

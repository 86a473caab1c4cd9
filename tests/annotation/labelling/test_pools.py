"""Who gets which items: a project's pool, and items that a lead keeps for some people."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from annotation.cot.errors import Conflict, Denied, Invalid
from annotation.labelling.pools import item_reserve
from annotation.labelling.queue import queue_claim
from annotation.labelling.queue_select import queue_state
from annotation.models import Project, QueueItem
from annotation.people.roles import Role, role_grant
from tests.factories import make_item, make_project, make_user, submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project(overlap=1)


@pytest.fixture
def lead() -> User:
    return role_grant(user=make_user(), role=Role.LEAD)


def person() -> User:
    return role_grant(user=make_user(), role=Role.ANNOTATOR)


def claimed(user: User, project: Project | None = None) -> int | None:
    claim = queue_claim(annotator=user, project=project)
    return claim.item_id if claim else None


def test_without_a_pool_everybody_labels(project: Project) -> None:
    item = make_item(project)
    assert claimed(make_user(), project) == item.pk


def test_a_pool_keeps_others_out_and_they_are_told_so(project: Project) -> None:
    item, inside, outside = make_item(project), person(), person()
    project.pool.add(inside)
    assert claimed(outside, project) is None
    assert claimed(outside) is None
    assert queue_state(outside, project).why == "outside"
    assert claimed(inside, project) == item.pk


def test_outside_one_pool_the_items_of_other_projects_still_come(project: Project) -> None:
    make_item(project, 9)
    project.pool.add(person())
    other = make_item(make_project(overlap=1))
    assert claimed(person()) == other.pk


def test_who_leaves_the_pool_finishes_what_they_hold(project: Project) -> None:
    item, user = make_item(project), person()
    project.pool.add(user)
    assert claimed(user, project) == item.pk
    project.pool.set([person()])
    assert claimed(user, project) == item.pk


def test_a_reserved_item_goes_to_nobody_else(project: Project, lead: User) -> None:
    kept, free = make_item(project, 5), make_item(project)
    anna, ben = person(), person()
    item_reserve(item=kept, people=[anna], lead=lead)
    assert claimed(ben, project) == free.pk
    submit(free, ben)
    assert claimed(ben, project) is None
    state = queue_state(ben, project)
    assert (state.why, state.reserved, state.open_items) == ("reserved", 1, 0)
    assert claimed(anna, project) == kept.pk


def test_a_reservation_can_be_lifted(project: Project, lead: User) -> None:
    item = make_item(project)
    item_reserve(item=item, people=[person()], lead=lead)
    item_reserve(item=item, people=[], lead=lead)
    assert claimed(person(), project) == item.pk


def test_an_item_is_kept_for_as_many_as_it_needs(lead: User) -> None:
    project = make_project(overlap=2)
    item, anna, ben = make_item(project), person(), person()
    with pytest.raises(Invalid, match="needs 2 people"):
        item_reserve(item=item, people=[anna], lead=lead)
    claimed(ben, project)
    item_reserve(item=item, people=[anna], lead=lead)  # Ben is one of them already
    assert claimed(anna, project) == item.pk


def test_only_leads_reserve_and_only_open_items_for_people_who_label(
    project: Project, lead: User
) -> None:
    item, anna, outside = make_item(project), person(), person()
    with pytest.raises(Denied):
        item_reserve(item=item, people=[anna], lead=anna)
    with pytest.raises(Invalid, match="does not label"):
        item_reserve(item=item, people=[User.objects.create_user("nobody")], lead=lead)
    project.pool.add(anna)
    with pytest.raises(Invalid, match="does not label"):
        item_reserve(item=item, people=[outside], lead=lead)
    QueueItem.objects.filter(pk=item.pk).update(state=QueueItem.State.DROPPED)
    with pytest.raises(Conflict, match="not open"):
        item_reserve(item=item, people=[anna], lead=lead)

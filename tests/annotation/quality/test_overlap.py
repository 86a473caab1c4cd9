"""A changed overlap and the items that were opened before."""

from __future__ import annotations

import pytest
from django.test import Client

from annotation.cot.errors import Denied
from annotation.deciding.resolution import item_resolve
from annotation.labelling.queue import queue_claim
from annotation.models import Project, QueueItem
from annotation.people.roles import Role
from annotation.quality.overlap import other_overlaps, overlap_apply
from tests.factories import labels_for, make_item, make_project, make_user, submit

pytestmark = pytest.mark.django_db


def changed(project: Project, overlap: int) -> Project:
    project.overlap, project.max_overlap = overlap, max(overlap, 3)
    project.save()
    return project


def state(item: QueueItem) -> tuple[int, str]:
    item.refresh_from_db()
    return item.overlap, item.state


def test_a_higher_overlap_asks_more_people_for_every_open_item() -> None:
    project = make_project(overlap=1)
    done, waiting = make_item(project, priority=9), make_item(project)
    submit(done, make_user())
    changed(project, 2)
    assert other_overlaps(project) == {1: 1}, "what has its labels is not open any more"
    assert overlap_apply(project=project, lead=make_user(Role.LEAD)) == 1
    assert (state(waiting), state(done)) == ((2, "open"), (1, "labelled"))
    assert other_overlaps(project) == {}


def test_a_lower_overlap_closes_what_has_people_enough_and_takes_no_place_away() -> None:
    project = make_project(overlap=3)
    anna, ben = make_user(), make_user()
    twice, once, in_hand = (make_item(project, priority=n) for n in (9, 8, 7))
    for person in (anna, ben):
        submit(twice, person)
    submit(once, anna)
    for person in (ben, make_user()):
        claim = queue_claim(annotator=person, project=project)
        assert claim is not None
        assert claim.item_id in (once.pk, twice.pk)
    changed(project, 1)
    overlap_apply(project=project, lead=make_user(Role.LEAD))
    assert state(twice) == (3, "open"), "two have judged it and a third has it in hand"
    assert state(once) == (2, "open"), "one has judged it and another has it in hand"
    assert state(in_hand) == (1, "open")


def test_one_that_has_enough_is_decided_next() -> None:
    project = make_project(overlap=4, max_overlap=4)
    item = make_item(project)
    for _ in range(2):
        submit(item, make_user())
    changed(project, 2)
    assert other_overlaps(project) == {4: 1}
    overlap_apply(project=project, lead=make_user(Role.LEAD))
    assert state(item) == (2, "labelled")


def test_one_on_which_people_differed_goes_on_asking_one_more() -> None:
    project = make_project(overlap=2, max_overlap=3)
    item = make_item(project)
    for tier in ("2", "3"):
        submit(item, make_user(), labels_for(tier=tier))
    assert item_resolve(item=item) == QueueItem.State.OPEN
    assert other_overlaps(project) == {}


def test_what_is_reserved_keeps_its_people() -> None:
    project = make_project(overlap=1)
    item = make_item(project)
    item.reserved_for.set([make_user()])
    assert other_overlaps(changed(project, 2)) == {}


def test_only_a_lead_may() -> None:
    with pytest.raises(Denied):
        overlap_apply(project=make_project(), lead=make_user())


def test_the_admin_leads_to_the_offer_and_one_click_applies_it(client: Client) -> None:
    project = make_project(overlap=1)
    for _ in range(3):
        make_item(project)
    client.force_login(make_user(Role.LEAD))
    form = {"slug": project.slug, "name": project.name, "layout": "answer_last", "overlap": 2}
    form |= {"max_overlap": 3, "order": "oldest", "rules": project.rules}
    form |= {"reuse": "on", "reuse_audit_percent": 5, "explore_percent": 15, "autopilot": "off"}
    admin = f"/admin/annotation/project/{project.pk}/change/"
    offer = f"/quality/{project.slug}/overlap/"
    assert client.post(admin, form)["Location"] == offer
    page = " ".join(client.get(offer).content.decode().split())
    assert "Set overlap 2 for 3 open items" in page
    answer = client.post(offer, follow=True).content.decode()
    assert "3 open items were changed." in answer
    assert set(project.items.values_list("overlap", flat=True)) == {2}
    assert client.post(admin, form | {"name": "New"})["Location"] != offer, "nothing to offer"

"""Reviewer sampling and reopening, by service and by page."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from annotation.cot.draws import is_drawn
from annotation.cot.errors import Conflict, Denied
from annotation.deciding.resolution import item_reopen, item_resolve
from annotation.deciding.reviews import review_accept, review_draw
from annotation.deciding.reviews_select import review_counts, reviews_due
from annotation.models import Project, QueueItem, Review
from annotation.people.roles import Role
from tests.factories import labels_for, make_item, make_project, make_user, submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead() -> User:
    return make_user(Role.LEAD)


def project_with(percent: int) -> Project:
    project = make_project(overlap=1)
    project.review_percent = percent
    project.save()
    return project


def resolved(project: Project) -> QueueItem:
    item = make_item(project)
    submit(item, make_user())
    assert item_resolve(item=item) == "resolved"
    item.refresh_from_db()
    return item


def test_the_share_of_the_project_is_drawn_and_the_draw_is_stable() -> None:
    project = project_with(0)
    items = [resolved(project) for _ in range(3)]
    assert not Review.objects.exists()
    project.review_percent = 100
    for item in [*items, *items]:
        item.project = project
        review_draw(item=item)
    assert [review.item for review in reviews_due(project)] == items, "each once"


def test_about_the_share_of_all_items_is_drawn() -> None:
    drawn = sum(is_drawn("review", pk, 30) for pk in range(1, 1001))
    assert 250 < drawn < 350
    assert all(
        is_drawn("review", pk, 60) for pk in range(1, 1001) if is_drawn("review", pk, 30)
    )


def test_accepting_settles_a_review_once(lead: User) -> None:
    project = project_with(100)
    resolved(project)
    review = reviews_due(project).get()
    with pytest.raises(Denied):
        review_accept(review=review, lead=make_user())
    review_accept(review=review, lead=lead, note="fine")
    with pytest.raises(Conflict):
        review_accept(review=review, lead=lead)
    assert review_counts(project) == {"due": 0, "accepted": 1, "reopened": 0}


def test_reopening_answers_the_review_and_gives_the_item_to_the_lead(lead: User) -> None:
    project = project_with(100)
    item = resolved(project)
    assert item_reopen(item=item, lead=lead, reason="step 4 is wrong").state == "split"
    review = Review.objects.get()
    assert (review.state, review.reviewer, review.note) == ("reopened", lead, "step 4 is wrong")


def test_a_lead_works_through_the_drawn_items_on_the_pages(client: Client, lead: User) -> None:
    project = project_with(100)
    first, second = resolved(project), resolved(project)
    client.force_login(lead)
    assert (
        f"/quality/items/{first.pk}/"
        in client.get(f"/quality/{project.slug}/review/").content.decode()
    )
    page = client.get(f"/quality/items/{first.pk}/").content.decode()
    assert "Accept what was decided" in page
    assert "2 Mismatch" in page
    review = reviews_due(project)[0]
    following = client.post(f"/quality/reviews/{review.pk}/accept/")
    assert following["Location"] == f"/quality/items/{second.pk}/"
    reopen = f"/quality/items/{second.pk}/reopen/"
    assert client.post(reopen, {"reason": " "}).status_code == 422
    assert client.post(reopen, {"reason": "look"})["Location"] == f"/adjudication/{second.pk}/"
    assert client.post(reopen, {"reason": "look"}).status_code == 409
    assert b"Nothing to review" in client.get(f"/quality/{project.slug}/review/").content


def test_an_item_page_shows_who_differed_and_is_for_leads(client: Client, lead: User) -> None:
    project = make_project(overlap=2, max_overlap=2)
    item = make_item(project)
    submit(item, make_user())
    submit(item, make_user(), labels_for(tier="4"))
    assert item_resolve(item=item) == "split"
    client.force_login(lead)
    page = client.get(f"/quality/items/{item.pk}/").content.decode()
    assert "4 Excellent" in page
    assert "Reopen the item" not in page
    client.force_login(make_user())
    assert client.get(f"/quality/items/{item.pk}/").status_code == 403

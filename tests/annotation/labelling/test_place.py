"""Where a person is: their project, their place in it, and what they judged before."""

from __future__ import annotations

import pytest
from django.test import Client

from annotation.labelling.place import Place, place_of
from annotation.labelling.queue import item_skip, queue_claim
from annotation.models import Assignment, QueueItem
from tests.annotation.labelling.page_forms import ALL_CORRECT
from tests.factories import make_item, make_project, make_user, open_item, submit

pytestmark = pytest.mark.django_db


def current(client: Client, url: str = "/label/") -> Assignment:
    page = client.get(url, follow=True).content.decode()
    assert 'id="label-form"' in page
    return Assignment.objects.filter(state="claimed").latest("expires_at")


def test_after_a_submit_the_next_item_is_of_the_same_project(client: Client) -> None:
    first, second = make_project(overlap=1), make_project(overlap=1)
    for project in (first, second, first, second):
        make_item(project)
    client.force_login(make_user())
    claim = current(client, f"/label/?project={second.slug}")
    answer = client.post(f"/label/{claim.pk}/submit/", ALL_CORRECT)
    assert f"project={second.slug}" in answer["Location"]
    assert current(client, answer["Location"]).item.project == second


def test_the_bare_address_goes_on_where_the_person_labelled_last(client: Client) -> None:
    first, second = make_project(overlap=1), make_project(overlap=1)
    for project in (first, second, first, second):
        make_item(project)
    user = make_user()
    claim = queue_claim(annotator=user, project=second)
    client.force_login(user)
    assert claim is not None
    client.post(f"/label/{claim.pk}/submit/", ALL_CORRECT)
    assert current(client).item.project == second
    client.post(f"/label/{current(client).pk}/submit/", ALL_CORRECT)
    assert current(client).item.project == first  # the second has nothing more


@pytest.mark.parametrize("how", ["to_me", "to_others", "unrateable"])
def test_a_skip_stays_in_the_project_too(client: Client, how: str) -> None:
    make_item(make_project(overlap=1))
    second = make_project(overlap=1)
    make_item(second), make_item(second)
    client.force_login(make_user())
    claim = current(client, f"/label/?project={second.slug}")
    answer = client.post(f"/label/{claim.pk}/skip/", {"how": how, "reason": "x"})
    assert f"project={second.slug}" in answer["Location"]


def test_the_page_names_its_project_and_the_place_in_it(client: Client) -> None:
    project, user = make_project(overlap=1), make_user()
    for _ in range(4):
        make_item(project)
    submit(QueueItem.objects.order_by("pk")[0], user)
    client.force_login(user)
    page = client.get(f"/label/?project={project.slug}").content.decode()
    assert f"<strong>{project.name}</strong>" in page
    assert "2 of 4" in page


def test_what_was_passed_or_is_held_by_others_is_not_in_the_place() -> None:
    project, user = make_project(overlap=1), make_user()
    for _ in range(5):
        make_item(project)
    submit(QueueItem.objects.order_by("pk")[0], user)
    assert queue_claim(annotator=make_user(), project=project)
    passed = queue_claim(annotator=user, project=project)
    assert passed is not None
    item_skip(assignment=passed, annotator=user, how="to_others", reason="x")
    # 1 submitted; of 4 left one is held by somebody else and one was passed
    assert place_of(user, project.pk) == Place(2, 3, more=False)


def test_a_text_that_i_judged_before_comes_last_and_says_why(client: Client) -> None:
    project, user = make_project(overlap=1), make_user()
    first = make_item(project)
    submit(first, user)
    QueueItem.objects.update(state=QueueItem.State.RESOLVED)
    back = open_item(first.rollout, reason="disagreement")  # priority 100
    new = make_item(project)
    assert queue_claim(annotator=make_user(), project=project).item_id == back.pk  # type: ignore[union-attr]
    Assignment.objects.filter(item=back).delete()
    client.force_login(user)
    page = client.get("/label/").content.decode()
    assert "You judged this" not in page
    claim = current(client)
    assert claim.item_id == new.pk
    client.post(f"/label/{claim.pk}/submit/", ALL_CORRECT)
    page = client.get("/label/").content.decode()
    assert current(client).item_id == back.pk
    assert "You judged this on" in page
    assert "the reward model and people differ on it" in page

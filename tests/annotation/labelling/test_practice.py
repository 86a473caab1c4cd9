"""Practice is compared with the truth at once, is no label, and no gold afterwards."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from annotation.cot.errors import Conflict
from annotation.labelling.gold_select import gold_candidates
from annotation.labelling.practice import (
    MOST,
    practice_answer,
    practice_items,
    practice_offers,
)
from annotation.labelling.queue import queue_claim
from annotation.models import GoldItem, GoldTry, Practice, Project, StepLabel, Submission
from tests.annotation.labelling.gold_world import answer, claim_next, gold_project, make_gold
from tests.factories import make_item, make_rollout, make_user, open_item, submit

pytestmark = pytest.mark.django_db
OFFER = "New here? Practise first"


@pytest.fixture
def anna() -> User:
    return make_user()


@pytest.fixture
def project() -> Project:
    """Gold only for practice: none is mixed in."""
    project = gold_project()
    project.gold_percent = project.gold_onboarding = 0
    project.save()
    return project


def explained(project: Project) -> GoldItem:
    gold = make_gold(project)
    gold.note = "Shoes for trails are shoes."
    gold.save()
    return gold


def address(gold: GoldItem) -> str:
    return reverse("practice", args=[gold.project.slug], query={"item": gold.pk})


def test_a_new_person_is_offered_practice_until_they_begin(
    client: Client, anna: User, project: Project
) -> None:
    item = make_item(project)
    client.force_login(anna)
    assert OFFER not in client.get("/label/").content.decode(), "nothing is explained"
    explained(project)
    assert OFFER in client.get("/label/").content.decode()
    submit(item, anna)
    make_item(project)
    for page in ("/label/", "/"):
        assert OFFER not in client.get(page).content.decode()


def test_the_start_page_offers_what_is_left_to_practise_on_and_the_page_opens_there(
    client: Client, anna: User, project: Project
) -> None:
    golds = [explained(project) for _ in range(2)]
    other = gold_project()
    explained(other)
    client.force_login(anna)
    for gold in golds:
        assert f'href="/label/practice/{project.slug}/"' in client.get("/").content.decode()
        begun = client.get(reverse("practice", args=[project.slug])).context["gold"]
        assert begun == gold
        practice_answer(gold=gold, annotator=anna, labels=[])
    assert practice_offers(anna) == {other.pk}
    page = client.get("/").content.decode()
    assert f'href="/label/practice/{project.slug}/"' not in page
    assert f'href="/label/practice/{other.slug}/"' in page


def test_answers_are_compared_at_once_and_nothing_is_stored_as_a_label(
    client: Client, anna: User, project: Project
) -> None:
    gold = explained(project)
    client.force_login(anna)
    assert 'name="value-5"' in client.get(address(gold)).content.decode()
    for tier, heading in (("4", "1 step was not right"), ("2", "Every step was right")):
        posted = {"value-3": "match", "value-4": "none", "value-5": tier}
        page = client.post(address(gold), posted).content.decode()
        assert heading in page
        assert "Shoes for trails are shoes." in page
    assert not StepLabel.objects.exists()
    assert not Submission.objects.exists()
    assert not GoldTry.objects.exists()
    assert Practice.objects.count() == 1, "it may be repeated"


def test_who_was_told_the_answers_is_not_checked_by_them_nor_asked_about_the_pair(
    client: Client, anna: User, project: Project
) -> None:
    gold, other = explained(project), make_gold(project)
    open_item(make_rollout(gold.rollout.pair))
    practice_answer(gold=gold, annotator=anna, labels=[])
    assert gold_candidates(anna, project) == [other]
    assert queue_claim(annotator=anna, project=project) is None
    assert queue_claim(annotator=make_user(), project=project) is not None


def test_only_the_first_explained_items_that_did_not_check_the_person_are_for_practice(
    anna: User, project: Project
) -> None:
    explained_ones = [explained(project) for _ in range(MOST + 1)]
    make_gold(project)
    assert list(practice_items(anna, project.pk)) == explained_ones[:MOST]
    with pytest.raises(Conflict):
        practice_answer(gold=explained_ones[MOST], annotator=anna, labels=[])
    project.gold_onboarding = 1
    project.save()
    make_item(project)
    checked = answer(anna, claim_next(anna, project)).gold
    assert checked not in practice_items(anna, project.pk)

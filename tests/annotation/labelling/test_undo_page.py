"""The label page after a submit: what comes back, what the page says, what stays as it was."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from annotation.deciding.resolution import item_resolve
from annotation.models import (
    Assignment,
    Project,
    Resolution,
    StepLabel,
    Submission,
)
from tests.annotation.labelling.page_forms import ALL_CORRECT, PART
from tests.browser import seed

pytestmark = pytest.mark.django_db


def test_undo_shows_the_item_again_as_it_was_submitted(
    client: Client, project: Project, assignment: Assignment
) -> None:
    seed.item_seed(project, seed.SANDALS)
    wrong = ALL_CORRECT | {"verdict-1": "incorrect", "comment-1": "the size is missing"}
    client.post(f"/label/{assignment.pk}/submit/", wrong)
    client.get("/label/")  # the next item is claimed
    receipt = Submission.objects.get()
    page = client.post(f"/label/undo/{receipt.pk}/", follow=True).content.decode()
    assert f'data-assignment="{assignment.pk}"' in page
    assert 'name="verdict-1" value="incorrect" checked' in page
    assert 'name="value-5" value="4" checked' in page
    assert ">the size is missing</textarea>" in page


def test_an_undo_that_comes_too_late_says_so_on_the_next_page(
    client: Client, assignment: Assignment
) -> None:
    client.post(f"/label/{assignment.pk}/submit/", ALL_CORRECT)
    item_resolve(item=assignment.item)
    answer = client.post(f"/label/undo/{Submission.objects.get().pk}/", follow=True)
    assert answer.status_code == 200
    assert b"Not undone: this item was decided meanwhile; tell a lead." in answer.content


@pytest.mark.parametrize(
    ("overlap", "says"),
    [(1, "You can take it back for 15 seconds."), (2, "until the item is decided.")],
)
def test_the_page_says_how_long_a_submission_can_be_taken_back(
    client: Client, project: Project, annotator: User, overlap: int, says: str
) -> None:
    seed.item_seed(project, seed.KETTLE, overlap=overlap)
    client.force_login(annotator)
    client.get("/label/")
    url = f"/label/{Assignment.objects.get().pk}/submit/"
    assert says in client.post(url, ALL_CORRECT, follow=True).content.decode()


def test_the_same_item_sent_from_a_second_window_is_no_error(
    client: Client, assignment: Assignment
) -> None:
    url = f"/label/{assignment.pk}/submit/"
    client.post(url, ALL_CORRECT | {"client_key": "a"}, headers=PART)
    receipt = Submission.objects.get().pk
    again = client.post(url, ALL_CORRECT | {"client_key": "b"}, headers=PART, follow=True)
    page = again.content.decode()
    assert f"you submitted this item before: receipt {receipt} counts" in page


def test_a_wrong_reasoning_with_the_right_value_is_stored_as_that(
    client: Client, assignment: Assignment
) -> None:
    form = ALL_CORRECT | {"verdict-3": "incorrect", "value-3": "match"}
    client.post(f"/label/{assignment.pk}/submit/", form)
    label = StepLabel.objects.get(kind=3)
    assert (label.verdict, label.value) == ("incorrect", "match")
    item_resolve(item=assignment.item)
    decided = Resolution.objects.get(kind=3)
    assert (decided.verdict, decided.value) == ("incorrect", "match")


def test_a_hint_that_was_seen_stays_seen_after_a_reload(
    client: Client, assignment: Assignment
) -> None:
    form = {"base_version": "0", "hint_shown": "1"}
    client.post(f"/label/{assignment.pk}/draft/", form, headers=PART)
    assert 'name="hint_shown" value="1"' in client.get("/label/").content.decode()

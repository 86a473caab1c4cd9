"""Start page, login, guideline, progress and adjudication, without a browser."""

from __future__ import annotations

import pytest
from django.test import Client

from annotation.models import Project, StepLabel
from annotation.people.roles import Role
from tests.browser import seed, seed_labels

pytestmark = pytest.mark.django_db
LABEL, SPLIT, PROGRESS, ADMIN = "/label/", "/adjudication/", "/progress/", "/admin/"
FLAGS = "/flags/"
TRAINING = {"/training/disagreements/", "/circle/", "/training/runs/"}
LINKS = {
    Role.ANNOTATOR: {LABEL, PROGRESS},
    Role.LEAD: {LABEL, SPLIT, FLAGS, *TRAINING, PROGRESS, ADMIN},
    Role.ML_ENGINEER: {*TRAINING, PROGRESS, ADMIN},
}


@pytest.fixture
def project() -> Project:
    return seed.project_seed()


@pytest.mark.parametrize("role", LINKS)
def test_the_navigation_offers_what_the_role_may_open(
    client: Client, project: Project, role: Role
) -> None:
    client.force_login(seed.person_seed("somebody", role))
    page = client.get("/").content.decode()
    nav = page[page.index("<nav") : page.index("</nav>")]
    every = set().union(*LINKS.values())
    assert {link for link in every if f'href="{link}"' in nav} == LINKS[role]
    for link in LINKS[role]:
        assert client.get(link, follow=True).status_code == 200


def test_an_account_without_a_role_is_told_so(client: Client) -> None:
    user = seed.person_seed("new", Role.ANNOTATOR)
    user.groups.clear()
    client.force_login(user)
    assert b"Your account has no role yet" in client.get("/").content


def test_a_wrong_password_is_answered_in_words(client: Client) -> None:
    page = client.post("/login/", {"username": "nobody", "password": "x"}).content.decode()
    assert "The name or the password is not right." in page
    assert 'value="nobody"' in page


def test_the_guideline_is_rendered_and_its_html_is_not(
    client: Client, project: Project
) -> None:
    project.guideline = "# Rules\n\n<script>alert(1)</script>\n\n[x](javascript:alert(1))"
    project.save()
    client.force_login(seed.person_seed("ann", Role.ANNOTATOR))
    page = client.get(f"/guideline/{project.slug}/").content.decode()
    assert "<h1>Rules</h1>" in page
    assert "<script>alert" not in page
    assert 'href="javascript' not in page


def test_progress_shows_alpha_or_why_there_is_none(client: Client, project: Project) -> None:
    seed_labels.split_item(project)
    client.force_login(seed.person_seed("lea", Role.LEAD))
    page = client.get("/progress/").content.decode()
    assert "everybody always gave the same value" in page
    assert all(f">{name}</th>" in page for name in ("p1", "p2", "p3"))


def test_an_annotator_sees_no_other_persons_numbers(client: Client, project: Project) -> None:
    seed_labels.split_item(project)
    client.force_login(seed.person_seed("p1", Role.ANNOTATOR))
    page = client.get("/progress/").content.decode()
    assert ">p1</th>" in page
    assert ">p2</th>" not in page


def test_a_step_decided_against_somebody_is_called_a_majority_not_agreement(
    client: Client, project: Project
) -> None:
    """SPLIT has three tiers; with two of three on the attribute, that step is a majority."""
    item = seed_labels.split_item(project)
    votes = StepLabel.objects.filter(item=item, kind=4)
    votes.filter(value="partial").update(value="all", verdict="correct")
    client.force_login(seed.person_seed("lea", Role.LEAD))
    page = client.get(f"/adjudication/{item.pk}/").content.decode()
    cards = dict(enumerate(page.split('<section class="step')[1:], 1))
    assert ["agreed" in cards[kind] for kind in (1, 2, 3, 4, 5)] == [
        True,
        True,
        True,
        False,
        False,
    ]
    assert ["by majority" in cards[kind] for kind in (3, 4, 5)] == [False, True, False]


def test_adjudication_is_blind_and_needs_the_split_steps(
    client: Client, project: Project
) -> None:
    item = seed_labels.split_item(project)
    client.force_login(seed.person_seed("lea", Role.LEAD))
    url = f"/adjudication/{item.pk}/"
    page = client.get(url).content.decode()
    assert "p1" not in page
    form = {"value-4": "none", "cause": "annotator_error"}
    refused = client.post(url, form)
    assert refused.status_code == 422
    assert b"decide step 5 too" in refused.content
    assert client.post(url, form | {"value-5": "2"}).status_code == 302
    assert client.post(url, form | {"value-5": "2"}).status_code == 409


def test_an_unknown_address_is_answered_by_our_own_page(client: Client) -> None:
    answer = client.get("/no-such-page/")
    assert answer.status_code == 404
    assert b"There is no such page" in answer.content

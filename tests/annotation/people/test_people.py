"""A person with a history leaves: the labels stay, the name does not."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from annotation.cot.errors import Denied, Invalid
from annotation.labelling.queue import queue_claim
from annotation.models import ApiToken, OutsideName, StepLabel
from annotation.people.abilities import abilities_of
from annotation.people.accounts import person_anonymise
from annotation.people.roles import Role, role_grant, roles_of
from annotation.people.sign_in import sign_in_try
from annotation.people.tokens import api_token_create, api_token_use
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> User:
    return role_grant(user=User.objects.create_user("root"), role=Role.ADMIN)


@pytest.fixture
def leaver() -> User:
    user = User.objects.create_user("Mary Miller", "mary@example.org", "a rare sentence")
    user.first_name, user.last_name = "Mary", "Miller"
    user.save()
    return role_grant(user=user, role=Role.LEAD)


def test_who_leaves_loses_name_roles_sessions_and_tokens(admin: User, leaver: User) -> None:
    client = Client()
    client.force_login(leaver)
    _row, secret = api_token_create(
        user=leaver, name="Mary's laptop", scopes=sorted(abilities_of(leaver))
    )
    person_anonymise(person=leaver, admin=admin)
    leaver = User.objects.get(pk=leaver.pk)
    kept = (leaver.username, leaver.first_name, leaver.last_name, leaver.email)
    assert kept == (f"person-{leaver.pk}", "", "", "")
    assert (leaver.is_active, leaver.is_staff, leaver.is_superuser) == (False, False, False)
    assert not leaver.has_usable_password()
    assert not leaver.groups.exists()
    assert roles_of(leaver) == frozenset()
    assert client.get("/").status_code == 302, "the session is over"
    assert api_token_use(secret=secret) is None
    assert ApiToken.objects.get().name == ""


def test_an_open_claim_of_who_leaves_goes_to_the_next_person(admin: User) -> None:
    project = make.make_project(overlap=1)
    item = make.make_item(project)
    leaver, other = make.make_user(), make.make_user()
    assert queue_claim(annotator=leaver, project=project) is not None
    assert queue_claim(annotator=other, project=project) is None
    person_anonymise(person=leaver, admin=admin)
    claim = queue_claim(annotator=other, project=project)
    assert claim is not None
    assert claim.item_id == item.pk


def test_who_leaves_is_forgotten_under_the_names_of_other_tools_too(
    admin: User, leaver: User
) -> None:
    other = make.make_user()
    for person, name in ((leaver, "mary@example.org"), (leaver, "#7"), (other, "#8")):
        OutsideName.objects.create(origin="https://tool.example", name=name, user=person)
    person_anonymise(person=leaver, admin=admin)
    assert [row.name for row in OutsideName.objects.all()] == ["#8"]


def test_the_admins_log_forgets_the_name_too(admin: User, leaver: User) -> None:
    client = Client()
    client.force_login(admin)
    form = {"username": "Mary Miller", "is_active": "on", "first_name": "Maria"}
    form |= {"date_joined_0": "2026-01-01", "date_joined_1": "00:00"}
    client.post(f"/admin/auth/user/{leaver.pk}/change/", form)
    history = f"/admin/auth/user/{leaver.pk}/history/"
    assert "Mary Miller" in client.get(history).content.decode()
    person_anonymise(person=leaver, admin=admin)
    assert "Mary" not in client.get("/admin/").content.decode()


def test_only_an_administrator_and_never_to_oneself(admin: User, leaver: User) -> None:
    with pytest.raises(Denied):
        person_anonymise(person=admin, admin=leaver)
    with pytest.raises(Invalid):
        person_anonymise(person=admin, admin=admin)


def test_the_admin_asks_once_and_then_does_it_for_a_person_with_labels(
    admin: User,
) -> None:
    ann = make.make_user()
    make.submit(make.make_item(make.make_project()), ann)
    assert StepLabel.objects.filter(annotator=ann).exists()
    client = Client()
    client.force_login(admin)
    ask = {"action": "anonymise", "_selected_action": [ann.pk]}
    page = client.post("/admin/auth/user/", ask).content.decode()
    assert "Labels and decisions stay" in page
    assert User.objects.get(pk=ann.pk).is_active
    client.post("/admin/auth/user/", {**ask, "confirmed": "1"})
    ann.refresh_from_db()
    assert (ann.username, ann.is_active) == (f"person-{ann.pk}", False)
    assert StepLabel.objects.filter(annotator=ann).exists()


def test_the_admin_lets_a_locked_person_in_again(admin: User, leaver: User) -> None:
    for _ in range(10):
        sign_in_try(account=leaver.username, address="")
    client = Client()
    client.force_login(admin)
    client.post("/admin/auth/user/", {"action": "let_in", "_selected_action": [leaver.pk]})
    sign_in_try(account=leaver.username, address="")

"""Accounts and roles over the API: for administrators."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from annotation.people.abilities import Ability
from annotation.people.roles import Role, has_role
from tests.api.clients import client_of
from tests.factories import make_user

pytestmark = pytest.mark.django_db
PASSWORD = "quiet-harbour-71"


def test_an_administrator_makes_an_account_and_gives_it_other_roles() -> None:
    admin = client_of(Role.ADMIN)
    body = {"username": "nora", "password": PASSWORD, "roles": ["lead"]}
    made = admin.post("/api/v1/people/", body, format="json")
    assert (made.status_code, made.json()["roles"]) == (201, ["lead"])
    nora = User.objects.get(username="nora")
    assert nora.check_password(PASSWORD)
    assert nora.is_staff
    url = f"/api/v1/people/{nora.pk}/"
    changed = admin.post(f"{url}roles/", {"roles": ["annotator"]}, format="json")
    assert changed.json()["roles"] == ["annotator"]
    nora = User.objects.get(pk=nora.pk)
    assert (has_role(nora, Role.ANNOTATOR), has_role(nora, Role.LEAD)) == (True, False)
    assert not nora.is_staff
    gone = admin.post(f"{url}anonymise/").json()
    assert gone == {
        "id": nora.pk, "username": f"person-{nora.pk}", "is_active": False, "roles": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"username": "NORA"}, 409, None),
        ({"password": "12345"}, 422, None),
        ({"username": "no spaces"}, 422, None),
        ({"roles": ["king"]}, 400, "roles"),
        ({"password": ""}, 400, "password"),
    ],
)
def test_an_account_that_cannot_be_is_refused_and_not_made(
    change: dict[str, object], status: int, field: str | None
) -> None:
    make_user(username="nora")
    admin = client_of(Role.ADMIN)
    before = User.objects.count()
    body = {"username": "olaf", "password": PASSWORD, "roles": []} | change
    answer = admin.post("/api/v1/people/", body, format="json")
    assert (answer.status_code, User.objects.count()) == (status, before)
    assert field is None or list(answer.json()["errors"]) == [field]


def test_an_administrator_cannot_take_their_own_roles() -> None:
    admin = client_of(Role.ADMIN)
    me = User.objects.get(username=admin.get("/api/v1/me/").json()["username"])
    answer = admin.post(f"/api/v1/people/{me.pk}/roles/", {"roles": []}, format="json")
    assert answer.status_code == 422
    assert has_role(User.objects.get(pk=me.pk), Role.ADMIN)


def test_leads_see_people_and_change_none() -> None:
    nora, lead = make_user(username="nora"), client_of(Role.LEAD)
    listed = lead.get("/api/v1/people/").json()["results"]
    assert ("nora", ["annotator"]) in [(row["username"], row["roles"]) for row in listed]
    url = f"/api/v1/people/{nora.pk}/roles/"
    assert lead.post(url, {"roles": ["lead"]}, format="json").status_code == 403


def test_a_token_without_the_scope_cannot_touch_accounts() -> None:
    scopes = [str(each) for each in Ability if each is not Ability.PEOPLE]
    admin = client_of(Role.ADMIN, scopes)
    body = {"username": "olaf", "password": PASSWORD, "roles": []}
    answer = admin.post("/api/v1/people/", body, format="json")
    assert (answer.status_code, answer.json()["detail"]) == (
        403,
        "this token does not have the scope 'people'",
    )

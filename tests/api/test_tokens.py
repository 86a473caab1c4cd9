"""Personal tokens: shown once, limited by scope, role and time, revocable."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from annotation.cot.errors import Denied, Invalid
from annotation.models import ApiToken
from annotation.people.roles import Role, role_grant, roles_of
from annotation.people.select import person_active
from annotation.people.tokens import api_token_create, api_token_revoke, api_token_use
from tests.api.clients import client_of
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_the_secret_is_shown_once_and_never_stored() -> None:
    user = make_user()
    client = Client()
    client.force_login(user)
    form = {"name": "notebook", "scopes": ["label"], "days": "30"}
    page = client.post("/tokens/", form).content.decode()
    token = ApiToken.objects.get()
    secret = page.split('value="stw_')[1].split('"')[0]
    assert api_token_use(secret=f"stw_{secret}") == token
    assert secret not in client.get("/tokens/").content.decode()
    assert secret not in str(ApiToken.objects.values().get())


def test_a_token_works_until_it_expires() -> None:
    now = timezone.now()
    _, secret = api_token_create(user=make_user(), name="n", scopes=["label"], days=1, now=now)
    assert api_token_use(secret=secret, now=now + timedelta(hours=23)) is not None
    assert api_token_use(secret=secret, now=now + timedelta(hours=24)) is None


def test_a_revoked_token_and_one_of_an_inactive_person_are_refused() -> None:
    user = make_user()
    token, secret = api_token_create(user=user, name="n", scopes=["label"])
    _, other = api_token_create(user=user, name="m", scopes=["label"], days=None)
    api_token_revoke(token=token, user=user)
    assert api_token_use(secret=secret) is None
    assert api_token_use(secret=other) is not None
    user.is_active = False
    user.save()
    assert api_token_use(secret=other) is None


def test_its_last_use_is_kept_to_the_minute() -> None:
    now = timezone.now()
    token, secret = api_token_create(user=make_user(), name="n", scopes=["label"])
    for seconds in (0, 30, 61):
        api_token_use(secret=secret, now=now + timedelta(seconds=seconds))
        token.refresh_from_db()
        assert token.last_used_at == now + timedelta(seconds=61 if seconds == 61 else 0)


def test_nobody_revokes_somebody_elses_token() -> None:
    token, _ = api_token_create(user=make_user(), name="n", scopes=["label"])
    with pytest.raises(Denied):
        api_token_revoke(token=token, user=make_user())
    client = Client()
    client.force_login(make_user())
    assert client.post(f"/tokens/{token.pk}/revoke/").status_code == 404


@pytest.mark.parametrize(
    ("grant", "error"),
    [
        ({"name": " ", "scopes": ["label"]}, Invalid),
        ({"name": "n", "scopes": []}, Invalid),
        ({"name": "n", "scopes": ["everything"]}, Invalid),
        ({"name": "n", "scopes": ["label"], "days": 0}, Invalid),
        ({"name": "n", "scopes": ["train"]}, Denied),
    ],
)
def test_a_token_beyond_what_the_person_may_do_is_refused(
    grant: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        api_token_create(user=make_user(Role.ANNOTATOR), **grant)


def test_a_scope_that_is_missing_refuses_what_the_role_allows() -> None:
    client = client_of(Role.LEAD, ["read"])
    assert client.get("/api/v1/imports/").status_code == 403
    assert "scope 'import'" in client.get("/api/v1/imports/").json()["detail"]
    assert client_of(Role.LEAD, ["import"]).get("/api/v1/imports/").status_code == 200


def test_a_role_that_was_taken_away_takes_the_scope_with_it() -> None:
    client = client_of(Role.LEAD, ["read"])
    assert client.get("/api/v1/me/").json()["scopes"] == ["read"]
    User.objects.get().groups.clear()
    assert client.get("/api/v1/me/").json()["scopes"] == []


def test_a_bad_token_is_401_with_a_challenge_and_a_problem() -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION="Bearer stw_nope")
    response = client.get("/api/v1/me/")
    assert (response.status_code, response["WWW-Authenticate"]) == (
        401, 'Bearer realm="stepwise"',
    )  # fmt: skip
    assert response["Content-Type"] == "application/problem+json"
    assert response.json() == {
        "type": "urn:stepwise:problem:unauthorized",
        "title": "Unauthorized",
        "status": 401,
        "detail": "the token is unknown, expired or revoked",
    }


def test_without_a_token_nothing_is_told() -> None:
    response = APIClient().get("/api/v1/pairs/?project=any")
    assert response.status_code == 401


def test_too_many_requests_are_told_when_to_come_back(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.API_PER_MINUTE = 2
    clock = SimpleNamespace(time=lambda: 6010.0)  # ten seconds into a minute
    monkeypatch.setattr("annotation.people.access.time", clock)
    client = client_of(Role.ANNOTATOR)
    codes = [client.get("/api/v1/me/").status_code for _ in range(3)]
    assert codes == [200, 200, 429]
    assert client.get("/api/v1/me/")["Retry-After"] == "50"
    clock.time = lambda: 6060.0
    assert client.get("/api/v1/me/").status_code == 200


def test_a_request_reads_the_person_the_token_and_the_roles_in_one_query() -> None:
    client = client_of(Role.LEAD)
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/api/v1/me/").json()["roles"] == ["annotator", "lead"]
    assert [query["sql"].split()[0] for query in queries] == ["SELECT", "UPDATE"]
    with CaptureQueriesContext(connection) as queries:  # the use was noted a moment ago
        client.get("/api/v1/me/")
    assert len(queries) == 1


def test_a_role_that_is_granted_counts_at_once() -> None:
    user = person_active(make_user().pk)
    assert user is not None
    role_grant(user=user, role=Role.LEAD)
    assert roles_of(user) == {Role.ANNOTATOR, Role.LEAD}

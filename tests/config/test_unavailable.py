from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

import pytest
from django.db import InterfaceError, OperationalError
from django.test import Client

from annotation.home import page as home
from annotation.people import account_api as account
from annotation.people.roles import Role
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def raising(error: Exception) -> Callable[..., NoReturn]:
    def fail(*_: object, **__: object) -> NoReturn:
        raise error

    return fail


@pytest.fixture
def person(client: Client) -> Client:
    client.raise_request_exception = False
    client.force_login(make_user(Role.ANNOTATOR))
    return client


@pytest.mark.parametrize("error", [OperationalError("host 10.1.2.3"), InterfaceError("closed")])
def test_an_api_call_while_the_database_is_away_is_a_problem_to_retry(
    person: Client, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(account.Me, "get", raising(error))
    response = person.get("/api/v1/me/")
    assert (response.status_code, response["Retry-After"]) == (503, "2")
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["type"] == "urn:stepwise:problem:unavailable"
    assert b"10.1.2.3" not in response.content


def test_a_page_while_the_database_is_away_says_so(
    person: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home, "render", raising(OperationalError("host 10.1.2.3")))
    response = person.get("/", headers={"Accept-Language": "zh-hans"})
    assert (response.status_code, response["Retry-After"]) == (503, "2")
    assert "无法连接数据库" in response.content.decode()


def test_a_script_of_a_page_gets_a_short_answer(
    person: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home, "render", raising(OperationalError("gone")))
    response = person.get("/", headers={"HX-Request": "true"})
    assert response.status_code == 503
    assert response.content.decode() == "the database cannot be reached; try again"


def test_a_bug_stays_a_500(person: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home, "render", raising(ZeroDivisionError()))
    response = person.get("/")
    assert response.status_code == 500
    assert "Retry-After" not in response

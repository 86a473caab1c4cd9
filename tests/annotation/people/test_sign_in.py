"""Guessing passwords and tokens, and changing one's own password."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django import Settings

from annotation.cot.errors import TooMany
from annotation.models import SignInCount
from annotation.people.abilities import abilities_of
from annotation.people.address import address_of
from annotation.people.roles import Role, role_grant
from annotation.people.sign_in import sign_in_right, sign_in_try, sign_in_unlock
from annotation.people.tokens import api_token_create

RIGHT = "a long and rare sentence"

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> User:
    user = User.objects.create_user("Ann", password=RIGHT)
    return role_grant(user=user, role=Role.ANNOTATOR)


def log_in(name: str, password: str, address: str = "192.0.2.1", door: str = "/login/") -> Any:
    return Client(REMOTE_ADDR=address).post(door, {"username": name, "password": password})


def refused(answer: HttpResponse) -> bool:
    return answer.status_code == 429


@pytest.mark.parametrize("door", ["/login/", "/admin/login/"])
def test_forty_wrong_passwords_are_not_looked_at(person: User, door: str) -> None:
    answers = [log_in("Ann", f"guess {n}", door=door).status_code for n in range(40)]
    assert answers == [200] * 10 + [429] * 30
    last = log_in("Ann", RIGHT, door=door)
    assert refused(last), "not even the right one"
    assert 0 < int(last["Retry-After"]) <= 900
    assert "too many tries; wait 15 minutes" in last.content.decode().lower()


def test_an_account_is_locked_from_every_address_and_in_every_spelling(person: User) -> None:
    for n in range(10):
        log_in("aNN" if n % 2 else "ＡＮＮ", "wrong", address=f"192.0.2.{n}")
    assert refused(log_in("Ann", RIGHT, address="198.51.100.7"))


def test_an_address_that_tries_many_names_is_locked_and_others_are_not(person: User) -> None:
    answers = [log_in(f"name{n}", "Winter2026").status_code for n in range(60)]
    assert answers == [200] * 50 + [429] * 10
    assert refused(log_in("Ann", RIGHT))
    assert log_in("Ann", RIGHT, address="198.51.100.7").status_code == 302


def test_an_unknown_name_is_locked_like_a_known_one(person: User) -> None:
    known = [log_in("Ann", "x", address="192.0.2.1").status_code for _ in range(12)]
    unknown = [log_in("Nobody", "x", address="192.0.2.2").status_code for _ in range(12)]
    assert known == unknown


def test_signing_in_sets_the_account_back_but_not_the_address(person: User) -> None:
    for _ in range(9):
        log_in("Ann", "wrong")
    assert log_in("Ann", RIGHT).status_code == 302
    assert [log_in("Ann", "wrong").status_code for _ in range(11)] == [200] * 10 + [429]
    assert sorted(SignInCount.objects.values_list("tries", flat=True)) == [10, 19]


def test_people_who_sign_in_never_use_up_the_tries_of_their_address(
    person: User, settings: Settings
) -> None:
    settings.SIGN_IN_TRIES_ADDRESS = 3
    assert {log_in("Ann", RIGHT).status_code for _ in range(8)} == {302}


def test_the_lock_ends_after_its_time_and_an_administrator_ends_it_sooner() -> None:
    begin = timezone.now()
    for _ in range(10):
        sign_in_try(account="Ann", address="", now=begin)
    with pytest.raises(TooMany) as caught:
        sign_in_try(account="Ann", address="", now=begin + timedelta(seconds=600))
    assert caught.value.seconds == 300
    sign_in_try(account="Ann", address="", now=begin + timedelta(seconds=900))
    for _ in range(9):
        sign_in_try(account="Ann", address="", now=begin + timedelta(seconds=900))
    sign_in_unlock(account="ann")
    sign_in_try(account="Ann", address="", now=begin + timedelta(seconds=901))


def test_what_is_over_is_not_kept() -> None:
    begin = timezone.now()
    sign_in_try(account="a password typed as a name", address="", now=begin)
    sign_in_try(account="Ann", address="", now=begin)
    sign_in_right(account="Ann", address="", now=begin + timedelta(days=1))
    assert not SignInCount.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_many_at_once_get_no_more_tries_than_many_in_a_row(settings: Settings) -> None:
    settings.SIGN_IN_TRIES = 5
    outcomes: list[str] = []

    def guess() -> None:
        try:
            sign_in_try(account="Ann", address="192.0.2.1")
            outcomes.append("looked at")
        except TooMany:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["looked at"] * 5 + ["refused"] * 7


def test_tokens_that_open_nothing_are_counted_by_address(person: User) -> None:
    def me(secret: str) -> Any:
        return Client(REMOTE_ADDR="192.0.2.9").get(
            "/api/v1/me/", headers={"Authorization": f"Bearer {secret}"}
        )

    answers = [me(f"stw_{n}").status_code for n in range(60)]
    assert answers == [401] * 50 + [429] * 10
    last = me("stw_x")
    assert last["Content-Type"] == "application/problem+json"
    assert int(last["Retry-After"]) > 0
    _row, secret = api_token_create(
        user=person, name="mine", scopes=sorted(abilities_of(person))
    )
    assert me(secret).status_code == 200, "a live token is nobody's guess"
    assert log_in("Ann", RIGHT, address="192.0.2.9").status_code == 302


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.9", "192.0.2.1"),
        (1, "1.1.1.1, 203.0.113.9", "203.0.113.9"),
        (2, "1.1.1.1, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (2, "203.0.113.9", "192.0.2.1"),
        (1, "", "192.0.2.1"),
        (1, "2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        (1, "::ffff:203.0.113.9", "203.0.113.9"),
    ],
)
def test_a_caller_cannot_choose_the_address_that_is_counted(
    settings: Settings, proxies: int, forwarded: str, address: str
) -> None:
    settings.PROXIES = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = RequestFactory(REMOTE_ADDR="192.0.2.1").get("/", headers=headers)
    assert address_of(request) == address


def test_everybody_can_change_the_own_password_and_other_sessions_end(person: User) -> None:
    here, elsewhere = Client(), Client()
    for client in (here, elsewhere):
        assert client.login(username="Ann", password=RIGHT)
    assert 'href="/password/"' in here.get("/").content.decode()
    new = "another rare sentence"
    form = {"old_password": RIGHT, "new_password1": new, "new_password2": new}
    assert here.post("/password/", form)["Location"] == "/"
    assert "The password is changed" in here.get("/").content.decode()
    assert elsewhere.get("/").status_code == 302, "logged out"
    assert log_in("Ann", new).status_code == 302
    assert log_in("Ann", RIGHT).status_code == 200


@pytest.mark.parametrize("weak", ["short", "password123", "19283746559", "Annabella"])
def test_a_weak_password_is_refused_in_words(client: Client, weak: str) -> None:
    user = User.objects.create_user("Annabell", password=RIGHT)
    client.force_login(user)
    page = client.post(
        "/password/", {"old_password": RIGHT, "new_password1": weak, "new_password2": weak}
    )
    assert page.status_code == 200
    assert 'role="alert"' in page.content.decode()
    user.refresh_from_db()
    assert user.check_password(RIGHT)

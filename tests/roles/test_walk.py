"""Who gets in where: the whole site against one committed table.

A new address must be added to table.txt, so that somebody has thought about who may use it: the
failure prints the lines to add (+) and to take out (-). Each lists who gets in.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from pytest_django import Settings

from annotation.people.roles import Role, role_grant
from lab.example import shop
from lab.sample.generate import generate
from tests.roles.walk import METHODS, addresses, answer_of

TABLE = Path(__file__).with_name("table.txt")
WHO = ("anonymous", "nobody", *(role.value for role in Role))

DOORS = {"healthz", "login", "admin:login", "admin:logout", "set_language"}
LOGGED_IN = {"home", "password", "api:me", "api:schema", "api_nowhere"}

pytestmark = pytest.mark.django_db


def client_of(who: str) -> Client:
    client = Client()
    if who == "anonymous":
        return client
    user = User.objects.create(username=who)
    if who != "nobody":
        role_grant(user=user, role=Role(who))
    client.force_login(user)
    return client


def rolled_back(client: Client, method: str, url: str) -> str:
    """The answer; whatever the request changed is taken back."""
    session = client.cookies.get("sessionid")
    kept = session.value if session else ""
    try:
        with transaction.atomic():
            answer = answer_of(client, method, url)
            raise _Undo
    except _Undo:
        if kept:
            client.cookies["sessionid"] = kept
    return answer


class _Undo(Exception):
    pass


def line(method: str, name: str, answers: dict[str, str]) -> str:
    inside = [who for who, answer in answers.items() if answer == "in"]
    return f"{method:4} {name}: {' '.join(inside)}".rstrip()


def test_every_role_gets_in_where_the_table_says_and_nowhere_else(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.API_PER_MINUTE = 1_000_000
    # whoever may make the example makes it
    monkeypatch.setattr(shop, "generate", partial(generate, queries=20, products=200))
    cache.clear()
    clients = {who: client_of(who) for who in WHO}
    rows = []
    for address in sorted(set(addresses()), key=lambda a: (a.name, a.url)):
        for method in METHODS:
            answers = {w: rolled_back(c, method, address.url) for w, c in clients.items()}
            if set(answers.values()) != {"-"}:
                rows.append(line(method, address.name, answers))
    expected = TABLE.read_text().splitlines()
    difference = [f"+ {row}" for row in rows if row not in expected]
    difference += [f"- {row}" for row in expected if row not in rows]
    if difference:
        pytest.fail("table.txt differs:\n" + "\n".join(difference), pytrace=False)


@pytest.mark.parametrize(
    ("who", "open_to"), [("anonymous", DOORS), ("nobody", DOORS | LOGGED_IN)]
)
def test_without_a_role_only_these_doors_are_open(who: str, open_to: set[str]) -> None:
    inside = set()
    for row in TABLE.read_text().splitlines():
        name, _, roles = row[5:].rpartition(":")
        if who in roles.split():
            inside.add(name)
    assert inside == open_to

"""Accounts with a public password: made once, and for nobody but this machine."""

from __future__ import annotations

from importlib import import_module
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from pytest_django import Settings

from annotation.people.roles import Role, has_role
from config.demo import PASSWORD, USERS, is_loopback, public_accounts, users_create
from config.models import DemoUsers

NAMES = [name for name, _ in USERS]

pytestmark = pytest.mark.django_db


def bootstrap() -> str:
    """A whole one, without the sample."""
    out = StringIO()
    call_command("bootstrap", "--bare", stdout=out)
    return out.getvalue()


def elsewhere(settings: Settings) -> None:
    settings.HOST, settings.DEMO_USERS = "0.0.0.0", False


def test_every_demo_user_has_its_role_and_the_password_that_is_told() -> None:
    assert users_create() == NAMES
    for name, role in USERS:
        user = User.objects.get(username=name)
        assert has_role(user, Role(role))
        assert user.check_password(PASSWORD)


def test_who_was_deleted_or_renamed_never_comes_back() -> None:
    users_create()
    User.objects.filter(username="admin").delete()
    User.objects.filter(username="lead").update(username="mary")
    assert users_create() == []
    User.objects.all().delete()
    assert users_create() == []
    assert not User.objects.exists()


def test_where_somebody_has_an_account_no_demo_user_is_made_then_or_later() -> None:
    own = User.objects.create_user("own")
    assert users_create() == []
    own.delete()
    assert users_create() == []


def test_with_a_host_that_others_reach_none_are_made_until_it_is_asked_for(
    settings: Settings,
) -> None:
    elsewhere(settings)
    assert users_create() == []
    settings.DEMO_USERS = True
    assert users_create() == NAMES


def test_a_public_password_stops_the_start_where_others_can_use_it(
    settings: Settings,
) -> None:
    users_create()
    bootstrap()
    User.objects.filter(username="annotator").delete()
    User.objects.filter(username="annotator2").update(is_active=False)
    elsewhere(settings)
    with pytest.raises(
        CommandError, match=r"HOST=0\.0\.0\.0 .* lead, engineer, admin still have"
    ):
        bootstrap()
    settings.EMBEDDED = False
    with pytest.raises(CommandError, match=r"DATABASE_URL .* `python manage.py changepassword"):
        bootstrap()
    for user in User.objects.all():
        user.set_password("something of their own")
        user.save()
    bootstrap()


def test_the_login_page_names_the_accounts_that_the_password_opens(
    client: Client, settings: Settings
) -> None:
    users_create()
    lead = User.objects.get(username="lead")
    lead.set_password("something of their own")
    lead.save()
    User.objects.get(username="admin").delete()
    assert public_accounts() == ["annotator", "annotator2", "engineer"]
    page = client.get("/login/").content.decode()
    shown = [name for name in NAMES if f'<td class="mono">{name}</td>' in page]
    assert shown == ["annotator", "annotator2", "engineer"]
    elsewhere(settings)
    assert PASSWORD not in client.get("/login/").content.decode()


def test_demo_users_are_refused_on_a_server_of_ones_own(settings: Settings) -> None:
    settings.EMBEDDED = False
    with pytest.raises(RuntimeError, match="embedded"):
        users_create()


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("localhost", True),
        ("::1", True),
        ("[::1]", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.0.2.1", False),
        ("localhost.example.org", False),
    ],
)
def test_only_this_machine_is_this_machine(host: str, own: bool) -> None:
    assert is_loopback(host) is own


@pytest.mark.parametrize("used", [True, False])
def test_an_installation_from_before_counts_as_made_once_anybody_had_an_account(
    used: bool,
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("alter sequence auth_user_id_seq restart")
        if used:
            User.objects.create(username="long gone").delete()
        cursor.execute(import_module("config.migrations.0003_demo_users").MARK)
    assert DemoUsers.objects.exists() is used

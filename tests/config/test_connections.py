"""Connections are kept between requests; what that must not cost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

pytestmark = pytest.mark.django_db


@pytest.fixture
def second() -> Iterator[BaseDatabaseWrapper]:
    """A connection of its own to the same database."""
    wrapper = connection.copy()
    wrapper.ensure_connection()
    yield wrapper
    wrapper.close()


def backend_of(wrapper: BaseDatabaseWrapper) -> int:
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def next_request(wrapper: BaseDatabaseWrapper) -> None:
    """What Django does to every connection when a request begins."""
    vars(wrapper)["health_check_done"] = False
    wrapper.close_if_unusable_or_obsolete()


def test_a_kept_connection_serves_the_next_request(second: BaseDatabaseWrapper) -> None:
    before = backend_of(second)
    next_request(second)
    assert backend_of(second) == before


def test_looking_at_a_kept_connection_asks_the_server_nothing(
    second: BaseDatabaseWrapper,
) -> None:
    pid = backend_of(second)
    assert second.is_usable()
    with connection.cursor() as cursor:
        cursor.execute("SELECT query FROM pg_stat_activity WHERE pid = %s", [pid])
        assert cursor.fetchone() == ("SELECT pg_backend_pid()",)


def test_a_session_that_the_server_ended_is_replaced_and_not_met_by_a_request(
    second: BaseDatabaseWrapper,
) -> None:
    before = backend_of(second)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [before])
        assert cursor.fetchone() == (True,)
    assert not second.is_usable()
    next_request(second)
    assert backend_of(second) != before

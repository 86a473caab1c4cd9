from __future__ import annotations

from unittest.mock import Mock

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from kombu import Connection

from config.broker import broker_install, broker_settings, conninfo_of_url
from config.queue_transport import Transport

DATABASE = {"NAME": "stepwise", "USER": "me", "HOST": "", "OPTIONS": {"host": "/run/pg"}}


def test_without_a_broker_url_the_queues_live_in_the_database() -> None:
    url, options = broker_settings("", DATABASE, 90)
    assert url.startswith("pgmq://")
    assert "host=/run/pg" in options["conn_string"]
    assert options["visibility_timeout"] == 90
    assert options["init_extension"] is False


def test_redis_gets_the_same_visibility_timeout() -> None:
    assert broker_settings("redis://r/0", DATABASE, 90) == (
        "redis://r/0",
        {"visibility_timeout": 90},
    )


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="unknown scheme"):
        broker_settings("kafka://somewhere", DATABASE, 90)


def test_a_socket_folder_in_a_url_reaches_libpq_decoded() -> None:
    conninfo = conninfo_of_url("postgresql://postgres@/stepwise?host=%2Frun%2Fpg")
    assert "host=/run/pg" in conninfo
    assert "dbname=stepwise" in conninfo


@pytest.mark.django_db
def test_the_queue_tables_are_installed_once() -> None:
    connection.ensure_connection()
    assert broker_install(connection.connection)
    assert not broker_install(connection.connection)
    with connection.cursor() as cursor:
        cursor.execute("select pgmq.create('probe'), pgmq.send('probe', '{\"a\": 1}')")
        cursor.execute("select message from pgmq.read('probe', 30, 1)")
        assert len(cursor.fetchall()) == 1


def test_a_message_of_a_closed_channel_comes_again_instead_of_ending_the_job_with_an_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    transport = Transport(Connection("memory://"))
    transport._pgmq_client = Mock()
    channel = transport.create_channel(transport)
    channel.close()
    channel.qos.append(Mock(delivery_info={"pgmq_queue": "default", "pgmq_msg_id": 7}), "tag")
    channel.basic_ack("tag")
    channel.basic_reject("tag", requeue=True)
    assert caplog.text.count("a message is of a lost connection and comes again") == 2

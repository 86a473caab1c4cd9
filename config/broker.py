"""The message broker: pgmq on the same Postgres unless CELERY_BROKER_URL is set."""

from __future__ import annotations

from typing import Any

import dj_database_url
import psycopg
from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import make_conninfo

from annotation.cot.locks import LOCK, Lock

POOL_SIZE = 2  # broker connections a process may open: one waits for jobs, one acknowledges
_SCHEMES = ("redis", "rediss", "amqp", "amqps", "pgmq", "memory", "sentinel")


def broker_settings(
    url: str, database: dict[str, Any], visibility: int
) -> tuple[str, dict[str, Any]]:
    """(broker URL, transport options) for Celery."""
    if url:
        if url.split(":", 1)[0] not in _SCHEMES:
            raise ImproperlyConfigured(f"CELERY_BROKER_URL={url!r}: unknown scheme")
        return url, {"visibility_timeout": visibility} if "redis" in url else {}
    return "pgmq://localhost/", {  # the host is a word for the log; conn_string decides
        # A libpq string, because the transport misreads a URI whose host is a socket folder.
        "conn_string": conninfo_of(database),
        "init_extension": False,
        "use_notify": True,
        "wait_time_seconds": 1,
        "pool_size": POOL_SIZE,
        "pool_timeout": 10,
        "visibility_timeout": visibility,
    }


def broker_install(connection: psycopg.Connection[Any]) -> bool:
    """Create the queue tables of pgmq once; False when they were there.

    The package's script cannot be run twice, so a transaction lock and the schema guard it.
    """
    from pgmq.install import get_embedded_install_sql

    with connection.transaction():
        connection.execute(f"select {LOCK}", [Lock.BROKER, 0])
        if connection.execute("select to_regclass('pgmq.meta')").fetchone() != (None,):
            return False
        connection.execute(get_embedded_install_sql())
    return True


def conninfo_of_url(url: str) -> str:
    """The libpq string of a DATABASE_URL; a socket folder in it is understood."""
    return conninfo_of(dict(dj_database_url.parse(url)))


def conninfo_of(database: dict[str, Any]) -> str:
    options = database.get("OPTIONS", {})
    return make_conninfo(
        dbname=database["NAME"],
        user=database.get("USER") or None,
        password=database.get("PASSWORD") or None,
        host=database.get("HOST") or options.get("host") or None,
        port=database.get("PORT") or None,
    )

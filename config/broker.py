"""The message broker: pgmq on the same Postgres unless CELERY_BROKER_URL is set."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import make_conninfo

VISIBILITY_SECONDS = 120  # a killed worker's message comes back after this long
_SCHEMES = ("redis", "rediss", "amqp", "amqps", "pgmq", "memory", "sentinel")


def broker_settings(url: str, database: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """(broker URL, transport options) for Celery."""
    if url:
        if url.split(":", 1)[0] not in _SCHEMES:
            raise ImproperlyConfigured(f"CELERY_BROKER_URL={url!r}: unknown scheme")
        return url, {"visibility_timeout": VISIBILITY_SECONDS} if "redis" in url else {}
    return "pgmq://", {
        # A libpq string, because the transport misreads a URI whose host is a socket folder.
        "conn_string": conninfo_of(database),
        "init_extension": False,
        "use_notify": True,
        "wait_time_seconds": 1,
        "visibility_timeout": VISIBILITY_SECONDS,
    }


def conninfo_of(database: dict[str, Any]) -> str:
    options = database.get("OPTIONS", {})
    return make_conninfo(
        dbname=database["NAME"],
        user=database.get("USER") or None,
        password=database.get("PASSWORD") or None,
        host=database.get("HOST") or options.get("host") or None,
        port=database.get("PORT") or None,
    )

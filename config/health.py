"""/healthz: can this process reach the database and the broker, and is every queue served?"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, JsonResponse
from django.utils.functional import SimpleLazyObject
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config.celery import app
from config.heartbeat import queues_stalled, queues_without_worker


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when requests can be served; 503 with the part that cannot be reached.

    A queue without a worker, or with workers that do nothing, is told but is no 503: pages
    still work, and a load balancer that took the web away for it would make things worse.
    """
    database = _outcome(_ask_database)
    broker = _outcome(_ask_broker)
    reached = database == "ok"
    answer = {
        "database": database,
        "broker": broker,
        "queues_without_worker": queues_without_worker() if reached else [],
        "queues_stalled": queues_stalled() if reached else [],
    }
    healthy = database == broker == "ok"
    return JsonResponse(answer, status=200 if healthy else 503)


def silent_queues(request: HttpRequest) -> dict[str, object]:
    """Context processor: ``silent_queues``, asked only by a page that shows it."""
    return {
        "silent_queues": SimpleLazyObject(lambda: [*queues_without_worker(), *queues_stalled()])
    }


def _outcome(ask: Callable[[], None]) -> str:
    try:
        ask()
    except (Error, OSError, *app.connection_for_write().connection_errors) as error:
        # The text may name hosts and users, so the page gets the kind of trouble alone.
        return type(error).__name__
    return "ok"


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select 1")


def _ask_broker() -> None:
    if settings.CELERY_BROKER_URL.startswith("pgmq"):
        with connection.cursor() as cursor:
            cursor.execute("select 1 from pgmq.meta limit 1")
        return
    with app.connection_for_write(connect_timeout=2) as broker:
        broker.ensure_connection(max_retries=1, timeout=3)

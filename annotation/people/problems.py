"""Errors as RFC 9457 problem details: one shape for everything that can go wrong."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError, transaction
from django.http import JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from annotation.cot.errors import (
    Conflict,
    DraftConflict,
    GateRefused,
    InvalidLabels,
    PreflightRefused,
    StepwiseError,
    TooMany,
)

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 2  # a restart of PostgreSQL takes about as long
_TYPE = "urn:stepwise:problem:"
_SUSPICIOUS = {False: (400, "bad-request"), True: (413, "too-large")}


# The shape as an OpenAPI schema; `type` is stable, `detail` is a sentence for people.
SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "object", "description": "field or step: what is wrong"},
        "version": {"type": "integer", "description": "of the stored draft"},
        "draft": {"type": "object", "description": "the stored draft"},
        "preflight": {
            "type": "array",
            "items": {"type": "object"},
            "description": "name and text of every threshold that is not met",
        },
        "gate": {
            "type": "array",
            "items": {"type": "string"},
            "description": "why the gate refuses a reward model",
        },
    },
}


def problem_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler; None leaves a bug a bug (500)."""
    if isinstance(error, StepwiseError):
        _set_rollback()
        refused = _answer(error.status, error.message, _name(error), **_more(error))
        if isinstance(error, TooMany):
            refused["Retry-After"] = str(error.seconds)
        return refused
    if isinstance(error, RecursionError):
        return _answer(400, "the body is nested too deeply", "validation")
    if isinstance(error, SuspiciousOperation):  # a body that is too large, a broken upload
        status, name = _SUSPICIOUS[isinstance(error, RequestDataTooBig)]
        return _answer(status, str(error) or "the request is refused", name)
    if isinstance(error, OperationalError | InterfaceError):
        return _unavailable(error)
    response = exception_handler(error, context)
    if response is None:
        return None
    more: dict[str, Any] = {}
    name = HTTPStatus(response.status_code).phrase.lower().replace(" ", "-")
    detail = _detail(response.data)
    if isinstance(error, exceptions.ValidationError):
        name, detail = "validation", "the request is not valid"
        errors = response.data
        more["errors"] = errors if isinstance(errors, dict) else {"body": errors}
    answer = _answer(response.status_code, detail, name, **more)
    for header in ("WWW-Authenticate", "Retry-After", "Allow"):
        if header in response.headers:
            answer[header] = response.headers[header]
    return answer


def _unavailable(error: Exception) -> Response:
    """The database is away, or cut the connection: the same request may be sent again."""
    logger.warning("answered 503: %s", type(error).__name__)
    detail = "the database cannot be reached; send the same request again"
    answer = _answer(503, detail, "unavailable")
    answer["Retry-After"] = str(RETRY_SECONDS)
    return answer


def _set_rollback() -> None:
    connection = transaction.get_connection()
    if connection.in_atomic_block and connection.settings_dict["ATOMIC_REQUESTS"]:
        transaction.set_rollback(True)


def _answer(status: int, detail: str, name: str, **more: Any) -> Response:
    return Response(_body(status, detail, name, **more), status=status, content_type=MEDIA_TYPE)


def problem_response(status: int, detail: str, name: str = "") -> JsonResponse:
    """A problem that no API view has raised: a bug, an address that does not exist, a body that
    is refused before anybody reads it."""
    named = name or HTTPStatus(status).phrase.lower().replace(" ", "-")
    body = _body(status, detail, named)
    return JsonResponse(body, status=status, content_type=MEDIA_TYPE)


def _body(status: int, detail: str, name: str, **more: Any) -> dict[str, Any]:
    return {
        "type": _TYPE + name,
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **more,
    }


def _name(error: StepwiseError) -> str:
    if isinstance(error, DraftConflict):
        return "draft-conflict"
    if isinstance(error, InvalidLabels):
        return "invalid-labels"
    if isinstance(error, PreflightRefused):
        return "preflight"
    if isinstance(error, GateRefused):
        return "gate"
    if isinstance(error, Conflict):
        return "conflict"
    return {403: "denied", 422: "invalid", 429: "too-many-requests"}.get(
        error.status, "refused"
    )


def _more(error: StepwiseError) -> dict[str, Any]:
    if isinstance(error, DraftConflict):
        return {"version": error.version, "draft": error.draft}
    if isinstance(error, InvalidLabels):
        return {"errors": {str(kind): [text] for kind, text in error.by_kind.items()}}
    if isinstance(error, PreflightRefused):
        return {"preflight": [{"name": name, "text": text} for name, text in error.lines]}
    if isinstance(error, GateRefused):
        return {"gate": list(error.lines)}
    return {}


def _detail(data: Any) -> str:
    return str(data.get("detail", "")) if isinstance(data, dict) else str(data)

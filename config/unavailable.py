"""Answers to what no view has answered: under ``/api/`` problem details, elsewhere a page.

503 with Retry-After while the database is away.
"""

from __future__ import annotations

import sys

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import csrf, defaults
from django.views.decorators.csrf import requires_csrf_token

from annotation.people.guard import wants_part
from annotation.people.problems import RETRY_SECONDS, problem_response

API = "/api/"
_AWAY = "the database cannot be reached; try again"


@requires_csrf_token
def failed(request: HttpRequest) -> HttpResponse:
    """``handler500``: Django calls it while the exception is handled.

    A server that restarts, refuses connections or cuts one off loses nothing that was
    acknowledged, and the same request may be sent again. A bug stays a 500.
    """
    api = request.path.startswith(API)
    if not isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        if api:
            return problem_response(500, "this is a fault of ours; the server's log has it")
        return defaults.server_error(request)
    answer: HttpResponse
    if api:
        answer = problem_response(503, _AWAY, "unavailable")
    elif wants_part(request):
        answer = HttpResponse(_AWAY, status=503, content_type="text/plain")
    else:
        answer = render(request, "503.html", status=503)
    answer["Retry-After"] = str(RETRY_SECONDS)
    return answer


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    status = 413 if isinstance(exception, RequestDataTooBig) else 400
    if request.path.startswith(API):
        return problem_response(status, str(exception) or "the request is refused")
    if status == 413:
        return render(request, "400.html", {"message": str(exception)}, status=status)
    return defaults.bad_request(request, exception)


def denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith(API):
        return problem_response(403, str(exception) or "this is not allowed")
    return defaults.permission_denied(request, exception)


def not_there(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith(API):
        return problem_response(404, "there is nothing at this address")
    return defaults.page_not_found(request, exception)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    if request.path.startswith(API):
        return problem_response(403, reason or "the CSRF token is missing or wrong")
    return csrf.csrf_failure(request, reason)

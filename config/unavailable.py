"""The page for an error nobody caught: 503 with Retry-After while the database is away."""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import requires_csrf_token
from django.views.defaults import server_error

from annotation.api.problems import RETRY_SECONDS
from annotation.views.guard import wants_json


@requires_csrf_token
def failed(request: HttpRequest) -> HttpResponse:
    """``handler500``: Django calls it while the exception is handled.

    A server that restarts, refuses connections or cuts one off loses nothing that was
    acknowledged, and the same request may be sent again. A bug stays a 500.
    """
    if not isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return server_error(request)
    if wants_json(request):
        answer: HttpResponse = JsonResponse(
            {"error": "the database cannot be reached; try again"}, status=503
        )
    else:
        answer = render(request, "503.html", status=503)
    answer["Retry-After"] = str(RETRY_SECONDS)
    return answer

"""The address of a form, opened in a browser: a reload or a bookmark, no fault."""

from __future__ import annotations

from collections.abc import Callable
from posixpath import dirname

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import Resolver404, resolve


class PostOnlyMiddleware:
    """Leads to the page above it in place of a blank 405; programs still get the 405."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        reads = request.method == "GET" and "text/html" in request.headers.get("Accept", "")
        if response.status_code != 405 or not reads or request.path.startswith("/api/"):
            return response
        return HttpResponseRedirect(page_above(request.path))


def page_above(path: str) -> str:
    """``/runs/7/cancel/`` -> ``/runs/7/``; an address of which no page is above leads home."""
    above = dirname(path.rstrip("/"))
    while above != "/":
        try:
            resolve(f"{above}/")
        except Resolver404:
            above = dirname(above)
        else:
            return f"{above}/"
    return "/"

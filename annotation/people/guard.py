"""Who may open a page, and how a typed service error becomes a page or a line of text."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec

from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django_htmx.http import reswap

from annotation.cot.errors import StepwiseError
from annotation.people.language import refusal_words
from annotation.people.roles import Role, roles_of

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def wants_part(request: HttpRequest) -> bool:
    """True for htmx, which must never be answered by a login page: it gets a part of a page,
    or in one line of text why not."""
    return request.headers.get("HX-Request") == "true"


def visitor(request: HttpRequest) -> User:
    """The logged-in user, typed."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def role_required(role: Role) -> Callable[[View[P]], View[P]]:
    return any_role_required(role)


def any_role_required(*roles: Role) -> Callable[[View[P]], View[P]]:
    """Login first (401 for scripts, the login page for people), then one of the roles (403).

    A ``StepwiseError`` of the service behind the view becomes 403, 409 or 400.
    """

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(
            request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponseBase:
            if not request.user.is_authenticated:
                if wants_part(request):
                    return _line("logged out", HTTPStatus.UNAUTHORIZED)
                return redirect_to_login(request.get_full_path())
            if not roles_of(request.user) & set(roles):
                raise PermissionDenied
            try:
                return view(request, *args, **kwargs)
            except StepwiseError as error:
                return refusal(request, error)

        return guarded

    return decorate


def refusal(request: HttpRequest, error: StepwiseError) -> HttpResponse:
    """The answer to a request that a service refused; the message says why."""
    if wants_part(request):
        return _line(refusal_words(error), error.status)
    template = "409.html" if error.status == HTTPStatus.CONFLICT else "400.html"
    return render(request, template, {"message": refusal_words(error)}, status=error.status)


def _line(text: str, status: int) -> HttpResponse:
    return reswap(HttpResponse(text, status=status, content_type="text/plain"), "none")

"""Who is asking, and whether they may: tokens, abilities, rate."""

from __future__ import annotations

import time
from threading import Lock
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.contrib.auth.models import User
from rest_framework import authentication, exceptions, permissions, throttling
from rest_framework.request import Request

from annotation.models import ApiToken
from annotation.people.abilities import abilities_of
from annotation.people.address import address_of
from annotation.people.sign_in import token_refused
from annotation.people.tokens import api_token_use

if TYPE_CHECKING:  # DRF imports this module while it builds its views
    from rest_framework.views import APIView


class BearerAuthentication(authentication.BaseAuthentication):
    """``Authorization: Bearer stw_...``"""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        header = authentication.get_authorization_header(request).decode("latin-1")
        kind, _, secret = header.partition(" ")
        if kind.lower() != "bearer":
            return None
        token = api_token_use(secret=secret.strip())
        if token is None or not isinstance(token.user, User):
            token_refused(address=address_of(request))
            raise exceptions.AuthenticationFailed("the token is unknown, expired or revoked")
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="stepwise"'


class Allowed(permissions.BasePermission):
    """The person's roles allow it, and so do the scopes of the token, where there is one."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not isinstance(request.user, User):
            raise exceptions.NotAuthenticated("log in, or send a token")
        ability = getattr(view, "abilities", {}).get(request.method)
        own = abilities_of(request.user)
        if ability is None:  # anybody with a role, or a method that is not there
            self.message = "your account has no role yet"
            return bool(own) or getattr(view, "without_role", False)
        if ability not in own:
            self.message = f"your roles do not allow '{ability}'"
            return False
        if isinstance(request.auth, ApiToken) and ability not in request.auth.scopes:
            self.message = f"this token does not have the scope '{ability}'"
            return False
        return True


class PersonThrottle(throttling.BaseThrottle):
    """Requests a person in each minute of the clock, each web process counting by itself."""

    _lock = Lock()
    _minute = 0
    _counts: ClassVar[dict[int, int]] = {}

    def allow_request(self, request: Request, view: APIView) -> bool:
        minute, person = int(time.time() // 60), getattr(request.user, "pk", None) or 0
        kind = PersonThrottle
        with kind._lock:
            if kind._minute != minute:
                kind._minute, kind._counts = minute, {}
            count = kind._counts[person] = kind._counts.get(person, 0) + 1
        return count <= settings.API_PER_MINUTE

    def wait(self) -> float:
        """Seconds until the minute is over."""
        return 60 - time.time() % 60

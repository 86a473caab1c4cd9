"""What every endpoint is built on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib.auth.models import User
from rest_framework.request import Request
from rest_framework.views import APIView

from annotation.people.abilities import Ability
from annotation.people.access import Allowed


class ApiView(APIView):
    # No docstring: it would become the description of every endpoint without one.
    # HTTP method -> what it takes; a method that is not named takes any role.
    abilities: ClassVar[Mapping[str, Ability]] = {}
    # Not even a role: being logged in is enough.
    without_role: ClassVar[bool] = False
    permission_classes = [Allowed]


def user_of(request: Request) -> User:
    """The person behind a request that was let in."""
    user: Any = request.user
    assert isinstance(user, User)
    return user

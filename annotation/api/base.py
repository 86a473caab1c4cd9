"""What every endpoint is built on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib.auth.models import User
from rest_framework.request import Request
from rest_framework.views import APIView

from annotation.abilities import Ability
from annotation.api.access import Allowed


class ApiView(APIView):
    """``abilities``: HTTP method -> what it takes."""

    abilities: ClassVar[Mapping[str, Ability]] = {}
    permission_classes = [Allowed]


def user_of(request: Request) -> User:
    """The person behind a request that was let in."""
    user: Any = request.user
    assert isinstance(user, User)
    return user

"""Who am I."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.models import ApiToken
from annotation.people.abilities import abilities_of
from annotation.people.api import ApiView, user_of
from annotation.people.roles import roles_of


class MeRecord(serializers.Serializer[Any]):
    """``scopes``: what this request may do; with a token both roles and its scopes count."""

    username = serializers.CharField()
    roles = serializers.ListField(child=serializers.CharField())
    scopes = serializers.ListField(child=serializers.CharField())
    token_expires_at = serializers.DateTimeField(allow_null=True)


class Me(ApiView):
    without_role = True

    @extend_schema(responses=MeRecord)
    def get(self, request: Request) -> Response:
        """The person behind this request."""
        user, token = user_of(request), request.auth
        scopes: set[str] = set(abilities_of(user))
        expires = None
        if isinstance(token, ApiToken):
            scopes &= set(token.scopes)
            expires = token.expires_at
        record = {
            "username": user.get_username(),
            "roles": sorted(roles_of(user)),
            "scopes": sorted(scopes),
            "token_expires_at": expires,
        }
        return Response(MeRecord(record).data)


@extend_schema(exclude=True)
class Nowhere(ApiView):
    without_role = True

    """What no other address matches, so that a wrong one gets a problem and not a page."""

    def get(self, request: Request, rest: str) -> Response:
        raise NotFound

    post = put = patch = delete = get

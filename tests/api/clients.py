"""API clients of each role."""

from __future__ import annotations

from django.contrib.auth.models import User
from rest_framework.test import APIClient

from annotation.people.abilities import abilities_of
from annotation.people.roles import Role
from annotation.people.tokens import api_token_create
from tests.factories import make_user


def client_of(role: Role, scopes: list[str] | None = None) -> APIClient:
    """With a token of the role's own scopes, or of those given."""
    return client_for(make_user(role), scopes)


def client_for(user: User, scopes: list[str] | None = None) -> APIClient:
    granted = sorted(abilities_of(user)) if scopes is None else scopes
    _token, secret = api_token_create(user=user, name="test", scopes=granted)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client

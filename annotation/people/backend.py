"""Django's authentication backend, with tries counted and the person's groups read along."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.http import HttpRequest

from annotation.people.address import address_of
from annotation.people.select import person_active
from annotation.people.sign_in import sign_in_right, sign_in_try


class PersonBackend(ModelBackend):
    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **more: Any,
    ) -> Any:
        """Raises TooMany, at every door that takes a password."""
        if username is None or password is None:
            return None
        address = address_of(request) if request is not None else ""
        sign_in_try(account=username, address=address)
        user = super().authenticate(request, username=username, password=password, **more)
        if user is not None:
            sign_in_right(account=username, address=address)
        return user

    def get_user(self, user_id: Any) -> User | None:
        """The person of a session; nobody who was locked out meanwhile."""
        return person_active(int(user_id))

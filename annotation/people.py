"""Django's authentication backend, with the person's groups read along."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User

from annotation.selectors.people import person_active


class PersonBackend(ModelBackend):
    def get_user(self, user_id: Any) -> User | None:
        """The person of a session; nobody who was locked out meanwhile."""
        return person_active(int(user_id))

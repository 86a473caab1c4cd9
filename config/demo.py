"""The logins of an embedded installation, so that a first look needs no set-up."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

PASSWORD = "stepwise"
# Name and role; the roles are annotation.roles.Role.
USERS = (
    ("annotator", "annotator"),
    ("annotator2", "annotator"),
    ("lead", "lead"),
    ("engineer", "ml_engineer"),
    ("admin", "admin"),
)


def logins() -> str:
    names = ", ".join(name for name, _ in USERS)
    return f"log in as {names}; the password of all is: {PASSWORD}"


def demo_logins(request: HttpRequest) -> dict[str, object]:
    """Context processor: what the login page may tell; nothing on a real server."""
    shown = [(name, PASSWORD) for name, _ in USERS] if settings.EMBEDDED else []
    return {"demo_logins": shown}


def users_create() -> list[str]:
    """Create the users that are missing and return their names; a changed password stays.

    Raises:
        RuntimeError: the database is a real server; its users are not ours to invent.
    """
    from django.contrib.auth.models import User

    from annotation.roles import Role, role_grant

    if not settings.EMBEDDED:
        raise RuntimeError("demo users are for the embedded database only")
    created = []
    for name, role in USERS:
        if User.objects.filter(username=name).exists():
            continue
        role_grant(user=User.objects.create_user(name, password=PASSWORD), role=Role(role))
        created.append(name)
    return created

"""The logins of an embedded installation, so that a first look needs no set-up."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

PASSWORD = "stepwise"
# Name and role; the roles are annotation.people.roles.Role.
USERS = (
    ("annotator", "annotator"),
    ("annotator2", "annotator"),
    ("lead", "lead"),
    ("engineer", "ml_engineer"),
    ("admin", "admin"),
)


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine reaches what listens on ``host``."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def logins(names: list[str]) -> str:
    return f"log in as {', '.join(names)}; the password is: {PASSWORD}"


def demo_logins(request: HttpRequest) -> dict[str, object]:
    """Context processor: what the login page may tell; nothing on a real server."""
    return {"demo_logins": SimpleLazyObject(_shown)}


def _shown() -> list[tuple[str, str]]:
    names = public_accounts() if settings.DEMO_USERS else []
    return [(name, PASSWORD) for name in names]


def public_accounts() -> list[str]:
    """Demo users that anybody can be: active, and with the password that is in these lines."""
    from django.contrib.auth.models import User

    names = [name for name, _ in USERS]
    rows = User.objects.filter(is_active=True, username__in=names).order_by("pk")
    return [user.username for user in rows if _is_public(user.password)]


@lru_cache(maxsize=32)  # a hash is slow to try, and says the same every time
def _is_public(encoded: str) -> bool:
    return check_password(PASSWORD, encoded)


def public_accounts_refusal() -> str:
    """Why this installation must not start, and what to do; "" where it may."""
    if settings.DEMO_USERS or not (names := public_accounts()):
        return ""
    where = f"HOST={settings.HOST}" if settings.EMBEDDED else "DATABASE_URL"
    keep = "; STEPWISE_DEMO_USERS=1 starts with them all the same" if settings.EMBEDDED else ""
    return (
        f"with {where} set, nobody may have the public password of the demo, as "
        f"{', '.join(names)} still {'has' if len(names) == 1 else 'have'}: "
        f"run `python manage.py changepassword NAME` for each{keep}"
    )


@transaction.atomic
def users_create() -> list[str]:
    """Create the demo users, once and where nobody is, and return their names. Who is deleted
    or renamed afterwards stays so.

    Raises:
        RuntimeError: the database is a real server; its users are not ours to invent.
    """
    from django.contrib.auth.models import User

    from annotation.people.roles import Role, role_grant
    from config.models import DemoUsers

    if not settings.EMBEDDED:
        raise RuntimeError("demo users are for the embedded database only")
    if not settings.DEMO_USERS:
        return []
    _row, first = DemoUsers.objects.get_or_create(pk=DemoUsers.ONLY)
    if not first or User.objects.exists():
        return []
    encoded = make_password(PASSWORD)  # one salt for a password that is no secret
    for name, role in USERS:
        role_grant(user=User.objects.create(username=name, password=encoded), role=Role(role))
    return [name for name, _ in USERS]

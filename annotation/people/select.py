"""Who is behind a request: the person with their groups, in one query."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User

from annotation.models import ApiToken, Project
from annotation.models.joined import Joined, fetch
from annotation.people.roles import groups_known

_GROUPS = """ARRAY(SELECT g.name FROM auth_group g
    JOIN auth_user_groups ug ON ug.group_id = g.id WHERE ug.user_id = u.id)"""
_PERSON = Joined(u=User)
_PROJECT = Joined(o=Project)
# Every request with a token asks for these: no more than its checks look at.
_TOKEN = Joined(
    only={
        "t": {"id", "user_id", "scopes", "expires_at", "last_used_at"},
        "u": {"id", "username", "is_active", "is_staff", "is_superuser"},
    },
    t=ApiToken,
    u=User,
)


def person_active(user_id: int) -> User | None:
    """An active person."""
    row = fetch(
        f"SELECT {_PERSON.columns}, {_GROUPS} FROM auth_user u WHERE u.id = %s AND u.is_active",
        [user_id],
    )
    if row is None:
        return None
    user: User = _PERSON.read(row)["u"]
    return groups_known(user, row[-1])


def api_token_live(digest: str, now: datetime) -> ApiToken | None:
    """The token of an active person, with that person, unless it is revoked or has expired."""
    row = fetch(
        f"""SELECT {_TOKEN.columns}, {_GROUPS}
        FROM annotation_apitoken t JOIN auth_user u ON u.id = t.user_id
        WHERE t.digest = %s AND t.revoked_at IS NULL AND u.is_active
          AND (t.expires_at IS NULL OR t.expires_at > %s)""",
        [digest, now],
    )
    if row is None:
        return None
    instances = _TOKEN.read(row)
    token: ApiToken = instances["t"]
    token.user = groups_known(instances["u"], row[-1])
    return token


def project_by_slug(slug: str) -> Project | None:
    row = fetch(
        f"SELECT {_PROJECT.columns} FROM annotation_project o WHERE o.slug = %s", [slug]
    )
    return None if row is None else _PROJECT.read(row)["o"]

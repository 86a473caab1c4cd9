"""Who is behind a request: the person with their groups, in one query."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from django.contrib.auth.models import User

from annotation.cot.sql import Sql, statement
from annotation.models import ApiToken, Project
from annotation.models.joined import Joined, fetch
from annotation.people.roles import groups_known

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


@cache
def _sql(name: str, columns: str) -> str:
    groups = Sql(statement(__file__, "groups_of"))
    return statement(__file__, name, columns=Sql(columns), groups=groups)


def person_active(user_id: int) -> User | None:
    """An active person."""
    row = fetch(_sql("person_active", _PERSON.columns), {"user": user_id})
    if row is None:
        return None
    user: User = _PERSON.read(row)["u"]
    return groups_known(user, row[-1])


def api_token_live(digest: str, now: datetime) -> ApiToken | None:
    """The token of an active person, with that person, unless it is revoked or has expired."""
    row = fetch(_sql("api_token_live", _TOKEN.columns), {"digest": digest, "now": now})
    if row is None:
        return None
    instances = _TOKEN.read(row)
    token: ApiToken = instances["t"]
    token.user = groups_known(instances["u"], row[-1])
    return token


def project_by_slug(slug: str) -> Project | None:
    row = fetch(_sql("project_by_slug", _PROJECT.columns), {"slug": slug})
    return None if row is None else _PROJECT.read(row)["o"]

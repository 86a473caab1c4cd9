"""Personal API tokens: made once, shown once, stored as a hash."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from annotation.cot.errors import Conflict, Denied, Invalid
from annotation.cot.storable import storable
from annotation.cot.wording import listing
from annotation.cot.wording import wording as _
from annotation.models import ApiToken
from annotation.people.abilities import Ability, abilities_of
from annotation.people.select import api_token_live

PREFIX = "stw_"
MAX_DAYS = 366
MAX_LIVE = 50
_TOUCH = timedelta(minutes=1)  # between two writes of last_used_at


@transaction.atomic
def api_token_create(
    *,
    user: User,
    name: str,
    scopes: Sequence[str],
    days: int | None = 90,
    now: datetime | None = None,
) -> tuple[ApiToken, str]:
    """(the row, the secret); the secret is known here and never again. ``days`` None: no end.

    Raises:
        Invalid: no name or scope, an unknown one, or a bad number of days.
        Denied: a scope that the person's roles do not give.
        Conflict: too many tokens.
    """
    title = storable(name.strip())
    if not 1 <= len(title) <= 100:
        raise Invalid(_("the name must have 1 to 100 characters"))
    if not scopes or not set(scopes) <= set(Ability):
        raise Invalid(_("choose scopes out of %(those)s", those=listing(Ability)))
    if beyond := set(scopes) - abilities_of(user):
        raise Denied(_("your roles do not allow the scope %(scope)s", scope=min(beyond)))
    if days is not None and not 1 <= days <= MAX_DAYS:
        raise Invalid(_("a token lasts 1 to %(n)s days, or has no end", n=MAX_DAYS))
    if ApiToken.objects.filter(user=user, revoked_at=None).count() >= MAX_LIVE:
        raise Conflict(_("you have %(n)s tokens; revoke one first", n=MAX_LIVE))
    # 32 random bytes cannot be guessed, so a fast hash is safe and needs no salt.
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user,
        name=title,
        digest=_digest(secret),
        hint=secret[:8],
        scopes=sorted(set(scopes)),
        expires_at=_end(days, now or timezone.now()),
    )
    return token, secret


def api_token_revoke(*, token: ApiToken, user: User, now: datetime | None = None) -> ApiToken:
    """Ends the token at once; a second time changes nothing.

    Raises:
        Denied: somebody else's.
    """
    if token.user_id != user.pk:
        raise Denied(_("this token belongs to somebody else"))
    ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(
        revoked_at=now or timezone.now()
    )
    token.refresh_from_db()
    return token


def api_token_use(*, secret: str, now: datetime | None = None) -> ApiToken | None:
    """The live token of an active person that this secret opens, with its user, else None."""
    moment = now or timezone.now()
    token = api_token_live(_digest(secret), moment)
    if token is None:
        return None
    if token.last_used_at is None or moment - token.last_used_at >= _TOUCH:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=moment)
    return token


def _end(days: int | None, now: datetime) -> datetime | None:
    return None if days is None else now + timedelta(days=days)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()

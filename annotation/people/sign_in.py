"""Guessing is slow: tries are counted by account and address, before a password is looked at.

A try counts from the moment it begins and is taken back when it was right, so that a hundred
requests at once get no more tries than a hundred in a row. The time runs from the first try.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from annotation.cot.errors import TooMany
from annotation.cot.wording import wording as _
from annotation.models import SignInCount


def sign_in_try(*, account: str, address: str, now: datetime | None = None) -> None:
    """Count a try with a password; call before the password is checked.

    Raises:
        TooMany: the account or the address has used up its tries; the password is not to be
            looked at, right or wrong.
    """
    _count(_limits(account, address), now or timezone.now())


def sign_in_right(*, account: str, address: str, now: datetime | None = None) -> None:
    """The password was right: the account starts anew, the address gets this one try back."""
    own = _digest("account", _folded(account))
    SignInCount.objects.filter(digest=own).delete()
    rest = SignInCount.objects.filter(digest__in=_limits(account, address), tries__gt=0)
    rest.update(tries=F("tries") - 1)
    SignInCount.objects.filter(until__lte=now or timezone.now()).delete()


def sign_in_unlock(*, account: str) -> None:
    """The account may be tried again at once."""
    SignInCount.objects.filter(digest=_digest("account", _folded(account))).delete()


def token_refused(*, address: str, now: datetime | None = None) -> None:
    """Count a token that opens nothing. Live tokens are not guessed and are never counted.

    Raises:
        TooMany: the address has sent too many of them.
    """
    if address:
        limit = settings.SIGN_IN_TRIES_ADDRESS
        _count({_digest("token", address): limit}, now or timezone.now())


def _limits(account: str, address: str) -> dict[str, int]:
    limits = {_digest("account", _folded(account)): settings.SIGN_IN_TRIES}
    if address:
        limits[_digest("address", address)] = settings.SIGN_IN_TRIES_ADDRESS
    return limits


@transaction.atomic
def _count(limits: Mapping[str, int], now: datetime) -> None:
    until = now + timedelta(seconds=settings.SIGN_IN_SECONDS)
    # In one order, so that two who share an account and an address never wait for each other.
    digests = sorted(limits)
    fresh = [SignInCount(digest=digest, until=until) for digest in digests]
    SignInCount.objects.bulk_create(fresh, ignore_conflicts=True)
    rows = SignInCount.objects.select_for_update().filter(digest__in=digests)
    counts = list(rows.order_by("digest"))
    for row in counts:
        if row.until <= now:
            row.tries, row.until = 0, until
        if row.tries >= limits[row.digest]:
            seconds = (row.until - now).total_seconds()
            raise TooMany(
                _("too many tries; wait %(n)s minutes", n=int(seconds // 60) + 1), seconds
            )
    for row in counts:
        row.tries += 1
    SignInCount.objects.bulk_update(counts, ["tries", "until"])


def _folded(account: str) -> str:
    return unicodedata.normalize("NFKC", account).casefold()


def _digest(kind: str, text: str) -> str:
    return hashlib.sha256(f"{kind}:{text}".encode(errors="replace")).hexdigest()

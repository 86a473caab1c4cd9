"""Which account a person in another tool's file is."""

from __future__ import annotations

import unicodedata

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils.text import slugify

from annotation.cot.errors import Conflict, Denied, Invalid
from annotation.models import OutsideName, Project
from annotation.pairs.readers.label_studio_answers import POLICY, OutsidePerson
from annotation.people.roles import Role

_STAFF = (
    Q(is_staff=True) | Q(is_superuser=True) | Q(groups__name__in=set(Role) - {Role.ANNOTATOR})
)


def origin_of(project: Project, declared: str = "") -> str:
    """The server that was named, else the project itself."""
    return folded(declared)[:200] or f"project {project.pk}"


def folded(name: str) -> str:
    """Equal for names that people take for the same: NFKC, case and spaces."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join(plain.split())


def outside_person(
    *, person: OutsidePerson, origin: str, own: bool, made: list[User] | None = None
) -> User:
    """The account that was remembered, else the one with the e-mail or (``own``: the file is
    from people of this place) the name, else a new one that cannot log in, added to ``made``.

    Whoever calls holds a lock, so that two files do not make one person twice.

    Raises:
        Invalid: a bare number of an unknown server, or two accounts fit.
        Conflict: what the file tells belongs to two people.
    """
    keys = _keys(person, own)
    known = OutsideName.objects.filter(origin=origin, name__in=keys).select_related("user")
    users = {row.user_id: row.user for row in known}
    if len(users) > 1:
        names = " and ".join(sorted(user.username for user in users.values()))
        raise Conflict(f"{', '.join(keys)} was two people before: {names}")
    user = next(iter(users.values()), None) or _account(person, own)
    if user is None:
        user = _made(person, origin)
        if made is not None:
            made.append(user)
    remembered = {row.name for row in known}
    OutsideName.objects.bulk_create(
        OutsideName(origin=origin, name=key, user=user) for key in keys if key not in remembered
    )
    return user


def staff_refuse(user: User) -> None:
    """A file speaks for annotators alone.

    Raises:
        Denied: the account leads, engineers or administers.
    """
    if User.objects.filter(_STAFF, pk=user.pk).exists():
        raise Denied(
            f"'{user.username}' is an account of staff here, for whom a file cannot speak; "
            f"if it only has the name of somebody else, name the server that the file is from "
            f"(--origin, origin in the API)"
        )


def _keys(person: OutsidePerson, own: bool) -> list[str]:
    """What the person is remembered by: the e-mail, else the name; the number on a server."""
    name = folded(person.email) or folded(person.name)
    number = "" if own else folded(person.number)
    if not name and not number:
        raise Invalid(
            f"the annotator is only the number {person.number}, which every server gives to "
            f"somebody: name the server that the file is from (--origin, origin in the API)"
        )
    return [*filter(None, [name]), *([f"#{number}"] if number else [])]


def _account(person: OutsidePerson, own: bool) -> User | None:
    if person.email:
        users = list(User.objects.filter(email__iexact=folded(person.email))[:2])
        what = "e-mail"
        if len(users) == 1:
            return users[0]
    else:
        users, what = [], "name"
    if not users and own and person.name:
        plain = unicodedata.normalize("NFKC", person.name)
        users, what = list(User.objects.filter(username__iexact=plain)[:2]), "name"
    if len(users) > 1:
        raise Invalid(
            f"two accounts have the {what} {person.email or person.name}, and which one is "
            f"meant is not known: change one of them"
        )
    return users[0] if users else None


def _made(person: OutsidePerson, origin: str) -> User:
    plain = unicodedata.normalize("NFKC", person.name or person.email)
    wanted = (plain or f"{POLICY}-{person.number}")[:150]
    user = User(username=_free(wanted, origin), email=person.email[:254], is_active=False)
    user.set_unusable_password()
    user.save()
    return user


def _free(wanted: str, origin: str) -> str:
    name, number = wanted, 1
    while User.objects.filter(username__iexact=name).exists():
        name = f"{wanted[:90]}-{slugify(origin)[:40]}{f'-{number}' if number > 1 else ''}"
        number += 1
    return name

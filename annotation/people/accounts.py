"""A person who comes, changes roles, or leaves: what they decided stays, who they were goes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from annotation.cot.errors import Conflict, Denied, Invalid
from annotation.cot.wording import wording as _
from annotation.models import ApiToken, Assignment, OutsideName
from annotation.people.roles import Role, has_role, role_grant, roles_take


@transaction.atomic
def person_create(*, username: str, password: str, roles: Sequence[str], admin: User) -> User:
    """An account that may sign in at once.

    Raises:
        Denied: not an administrator.
        Conflict: the name is taken, in whatever case.
        Invalid: a name or a password that is not allowed.
    """
    _admins_only(admin)
    if User.objects.filter(username__iexact=username).exists():
        raise Conflict(_("another account is called %(name)s", name=username))
    person = User(username=username)
    try:
        person.clean_fields(exclude=["password"])
        validate_password(password, person)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages)) from error
    person.set_password(password)
    person.save()
    for role in roles:
        role_grant(user=person, role=Role(role))
    return person


@transaction.atomic
def person_roles_set(*, person: User, roles: Sequence[str], admin: User) -> User:
    """Give a person these roles and no others.

    Raises:
        Denied: not an administrator.
        Invalid: the administrator themselves, who could lock everybody out.
    """
    _admins_only(admin)
    _others_only(person, admin)
    person = roles_take(user=User.objects.select_for_update().get(pk=person.pk))
    for role in roles:
        role_grant(user=person, role=Role(role))
    return person


@transaction.atomic
def person_anonymise(*, person: User, admin: User, now: datetime | None = None) -> User:
    """Replace name and e-mail, forget what other tools call them, end sign-in, sessions, roles
    and tokens, give open claims back; labels stay and count as before. It cannot be undone; a
    second time changes nothing.

    Raises:
        Denied: not an administrator.
        Invalid: the administrator themselves.
        Conflict: another account has the name that is to be given.
    """
    _admins_only(admin)
    _others_only(person, admin)
    person = User.objects.select_for_update().get(pk=person.pk)
    name = f"person-{person.pk}"
    if User.objects.filter(username=name).exclude(pk=person.pk).exists():
        raise Conflict(_("another account is called %(name)s; rename it first", name=name))
    person.username, person.first_name, person.last_name, person.email = name, "", "", ""
    person.is_active = person.is_staff = person.is_superuser = False
    person.set_unusable_password()  # which ends every session
    person.save()
    person.groups.clear()
    person.user_permissions.clear()
    OutsideName.objects.filter(user=person).delete()
    tokens = ApiToken.objects.filter(user=person)
    tokens.filter(revoked_at=None).update(revoked_at=now or timezone.now())
    tokens.update(name="")
    claims = Assignment.objects.filter(annotator=person, state=Assignment.State.CLAIMED)
    claims.update(state=Assignment.State.RELEASED)
    kind = ContentType.objects.get_for_model(User)
    LogEntry.objects.filter(content_type=kind, object_id=str(person.pk)).update(
        object_repr=name
    )
    return person


def _admins_only(admin: User) -> None:
    if not has_role(admin, Role.ADMIN):
        raise Denied(_("only an administrator may do this"))


def _others_only(person: User, admin: User) -> None:
    if person.pk == admin.pk:
        raise Invalid(_("you cannot do this to your own account; ask another administrator"))

"""The four roles, in one place for pages, API and admin."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Group, User
from django.db.models import Q, QuerySet


class Role(StrEnum):
    ANNOTATOR = "annotator"
    LEAD = "lead"
    ML_ENGINEER = "ml_engineer"
    ADMIN = "admin"


# A lead may label; an administrator may do everything.
_IMPLIED: dict[Role, frozenset[Role]] = {
    Role.ANNOTATOR: frozenset({Role.ANNOTATOR}),
    Role.LEAD: frozenset({Role.LEAD, Role.ANNOTATOR}),
    Role.ML_ENGINEER: frozenset({Role.ML_ENGINEER}),
    Role.ADMIN: frozenset(Role),
}


SIMULATED = "simulated"  # the group of accounts that act by themselves
# Where the person behind a request carries the names of their groups, for that request alone.
_GROUPS = "_stepwise_groups"


def groups_known(user: User, names: Iterable[str]) -> User:
    """Remember group names that were read together with the person, so that a request asks for
    them once and not at every check. Only for an instance that lives as long as a request."""
    setattr(user, _GROUPS, frozenset(names))
    return user


def roles_of(user: AbstractBaseUser | AnonymousUser) -> frozenset[Role]:
    if not isinstance(user, User) or not user.is_active:
        return frozenset()
    if user.is_superuser:
        return _IMPLIED[Role.ADMIN]
    names = getattr(user, _GROUPS, None)
    if names is None:
        names = frozenset(user.groups.values_list("name", flat=True))
    return frozenset[Role]().union(*(_IMPLIED[role] for role in Role if role.value in names))


def has_role(user: AbstractBaseUser | AnonymousUser, role: Role) -> bool:
    return role in roles_of(user)


def people_with(role: Role) -> QuerySet[User]:
    """Active people who have the role, also by one that implies it; by name."""
    groups = [other.value for other in Role if role in _IMPLIED[other]]
    rows = User.objects.filter(is_active=True).order_by("username")
    return rows.filter(Q(is_superuser=True) | Q(groups__name__in=groups)).distinct()


def role_grant(*, user: User, role: Role) -> User:
    """Put the user into the role's group; leads and ML engineers may enter the admin."""
    group, _ = Group.objects.get_or_create(name=role.value)
    user.groups.add(group)
    vars(user).pop(_GROUPS, None)
    if role is not Role.ANNOTATOR:
        user.is_staff = True
        user.is_superuser = user.is_superuser or role is Role.ADMIN
        user.save(update_fields=["is_staff", "is_superuser"])
    return user


def people_listed() -> QuerySet[User]:
    """Everybody with an account, their groups loaded."""
    return User.objects.prefetch_related("groups").order_by("pk")


def simulated_names(names: Iterable[str]) -> set[str]:
    """Those of the usernames that belong to accounts which nobody logs in to."""
    rows = User.objects.filter(username__in=list(names), groups__name=SIMULATED)
    return set(rows.values_list("username", flat=True))


def roles_given(person: User) -> list[str]:
    """As they were granted, without what they imply; of a superuser the administrator's."""
    names = {group.name for group in person.groups.all()}
    given = [str(role) for role in Role if role.value in names]
    admin = str(Role.ADMIN)
    return [*given, admin] if person.is_superuser and admin not in given else given


def roles_take(*, user: User) -> User:
    """Take every role away, and the admin with them."""
    user.groups.remove(*Group.objects.filter(name__in=[role.value for role in Role]))
    vars(user).pop(_GROUPS, None)
    user.is_staff = user.is_superuser = False
    user.save(update_fields=["is_staff", "is_superuser"])
    return user

"""What a role may do, in words that pages, the API and its tokens share."""

from __future__ import annotations

from enum import StrEnum

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from annotation.people.roles import Role, roles_of


class Ability(StrEnum):
    """Also the scopes of an API token."""

    LABEL = "label"  # take items from the queue and judge them
    READ = "read"  # see everybody's items, labels and decisions
    ADJUDICATE = "adjudicate"
    IMPORT = "import"  # pairs and rollouts
    EXPORT = "export"
    TRAIN = "train"
    ROUNDS = "rounds"  # start, advance and stop rounds; cut releases
    PEOPLE = "people"  # accounts and their roles


_ROLES: dict[Ability, frozenset[Role]] = {
    Ability.LABEL: frozenset({Role.ANNOTATOR}),
    Ability.READ: frozenset({Role.LEAD, Role.ML_ENGINEER}),
    Ability.ADJUDICATE: frozenset({Role.LEAD}),
    Ability.IMPORT: frozenset({Role.LEAD, Role.ML_ENGINEER}),
    Ability.EXPORT: frozenset({Role.LEAD, Role.ML_ENGINEER}),
    Ability.TRAIN: frozenset({Role.ML_ENGINEER}),
    Ability.ROUNDS: frozenset({Role.LEAD, Role.ML_ENGINEER}),
    Ability.PEOPLE: frozenset({Role.ADMIN}),
}


def abilities_of(user: AbstractBaseUser | AnonymousUser) -> frozenset[Ability]:
    roles = roles_of(user)
    return frozenset(ability for ability, allowed in _ROLES.items() if roles & allowed)

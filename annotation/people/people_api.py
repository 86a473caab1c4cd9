"""People and their roles: leads and engineers see them, administrators change them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.people.abilities import Ability
from annotation.people.accounts import person_anonymise, person_create, person_roles_set
from annotation.people.api import ApiView, user_of
from annotation.people.fields import Pages, Text, body_of, row_or_404
from annotation.people.roles import Role, people_listed, roles_given
from annotation.people.sign_in import sign_in_unlock

_ROLES = [role.value for role in Role]


class PersonRecord(serializers.ModelSerializer[User]):
    """``roles`` as they were given; a lead may also label."""

    roles = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = ["id", "username", "is_active", "roles"]

    def get_roles(self, person: User) -> list[str]:
        return roles_given(person)


class RolesGiven(serializers.Serializer[Any]):
    roles = serializers.ListField(
        child=serializers.ChoiceField(choices=_ROLES), max_length=len(_ROLES)
    )


class PersonMade(RolesGiven):
    username = Text(allow_blank=False, max_length=150)
    password = Text(allow_blank=False, max_length=128, trim_whitespace=False)


class PeopleView(ApiView):
    abilities = {"GET": Ability.READ, "POST": Ability.PEOPLE}


class Accounts(PeopleView, generics.ListAPIView[User]):
    """GET: everybody with an account. POST: a new person, for administrators."""

    serializer_class = PersonRecord
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[User]:
        return people_listed()

    @extend_schema(request=PersonMade, responses={201: PersonRecord})
    def post(self, request: Request) -> Response:
        """409 when the name is taken, 422 for a name or password that is not allowed."""
        sent = body_of(request, PersonMade)
        made = person_create(**sent, admin=user_of(request))
        return Response(PersonRecord(made).data, status=status.HTTP_201_CREATED)


class PersonRoles(PeopleView):
    @extend_schema(request=RolesGiven, responses=PersonRecord)
    def post(self, request: Request, pk: int) -> Response:
        """Give a person these roles and no others; their tokens follow at once."""
        sent = body_of(request, RolesGiven)
        person = row_or_404(people_listed(), pk)
        person_roles_set(person=person, **sent, admin=user_of(request))
        return Response(PersonRecord(row_or_404(people_listed(), pk)).data)


class PersonAnonymise(PeopleView):
    @extend_schema(request=None, responses=PersonRecord)
    def post(self, request: Request, pk: int) -> Response:
        """End the account: labels stay, name, e-mail, sessions, roles and tokens go. There is
        no way back."""
        person = row_or_404(people_listed(), pk)
        person_anonymise(person=person, admin=user_of(request))
        return Response(PersonRecord(row_or_404(people_listed(), pk)).data)


class PersonUnlock(PeopleView):
    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request, pk: int) -> Response:
        """Let a person sign in again who gave too many wrong passwords."""
        sign_in_unlock(account=row_or_404(people_listed(), pk).get_username())
        return Response(status=status.HTTP_204_NO_CONTENT)

"""A project's settings in full, a changed overlap for its open items, and its end."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.cot.steps import LAYOUTS
from annotation.labelling.gold_settings import CHOICES, LIMITS
from annotation.models import Project
from annotation.people.abilities import Ability
from annotation.people.api import ApiView, user_of
from annotation.people.fields import Text, body_of, project_named
from annotation.quality.overlap import overlap_apply
from annotation.quality.project_delete import project_delete
from annotation.quality.project_settings import PLAIN

_MOST_PEOPLE = 100  # whom one item asks


class ProjectWhole(serializers.ModelSerializer[Project]):
    """All settings; ``pool`` are the people who label here, nobody named = everybody."""

    pool = serializers.SlugRelatedField[User](
        slug_field="username", many=True, queryset=User.objects.filter(is_active=True)
    )
    layout = serializers.ChoiceField(choices=LAYOUTS)
    overlap = serializers.IntegerField(min_value=1, max_value=_MOST_PEOPLE)
    max_overlap = serializers.IntegerField(min_value=1, max_value=_MOST_PEOPLE)

    class Meta:
        model = Project
        fields = ["slug", "guideline_version", "pool", "reuse", *PLAIN, *CHOICES, *LIMITS]
        read_only_fields = ["slug", "guideline_version"]

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        numbers = {
            name: serializers.IntegerField(min_value=low, max_value=high)
            for name, (low, high) in LIMITS.items()
        }
        fields: dict[str, serializers.Field[Any, Any, Any, Any]] = super().get_fields()
        return fields | {"name": Text(max_length=200, allow_blank=False)} | numbers


class NameTyped(serializers.Serializer[Any]):
    name = Text(allow_blank=False, max_length=200, help_text="the project's name")


class TombstoneRecord(serializers.Serializer[Any]):
    """What is left of a deleted project; ``counts`` are the rows that went, by table."""

    slug = serializers.CharField()
    name = serializers.CharField()
    counts = serializers.DictField(child=serializers.IntegerField())


class ItemsChanged(serializers.Serializer[Any]):
    items = serializers.IntegerField()


class ProjectSettingsWhole(ApiView):
    abilities = {"GET": Ability.READ}

    @extend_schema(responses=ProjectWhole)
    def get(self, request: Request, slug: str) -> Response:
        """All settings of a project; ``PATCH projects/SLUG/`` changes them."""
        return Response(ProjectWhole(project_named(slug)).data)


class ProjectOverlap(ApiView):
    abilities = {"POST": Ability.ADJUDICATE}

    @extend_schema(request=None, responses=ItemsChanged)
    def post(self, request: Request, slug: str) -> Response:
        """Give the project's overlap to its open items; how many were changed."""
        items = overlap_apply(project=project_named(slug), lead=user_of(request))
        return Response(ItemsChanged({"items": items}).data)


class ProjectDelete(ApiView):
    abilities = {"POST": Ability.ADJUDICATE}

    @extend_schema(request=NameTyped, responses=TombstoneRecord)
    def post(self, request: Request, slug: str) -> Response:
        """Delete it with all that hangs from it; there is no way back. 422 for another name,
        409 while a run or a job uses it."""
        project = project_named(slug)
        name = body_of(request, NameTyped)["name"]
        tombstone = project_delete(project=project, lead=user_of(request), typed_name=name)
        return Response(TombstoneRecord(tombstone).data)

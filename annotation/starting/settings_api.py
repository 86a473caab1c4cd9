"""One project over the API, and its settings: leads change them."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.labelling.gold_settings import LIMITS, quality_settings_save
from annotation.models import Project
from annotation.people.abilities import Ability
from annotation.people.api import ApiView, user_of
from annotation.people.fields import body_of, project_named
from annotation.starting.api import ProjectRecord


class SettingsBody(serializers.Serializer[Any]):
    """What is not named stays as it is."""

    order = serializers.ChoiceField(
        choices=Project.Order.choices, required=False, help_text="what is asked first"
    )
    explore_percent = serializers.IntegerField(
        min_value=LIMITS["explore_percent"][0],
        max_value=LIMITS["explore_percent"][1],
        required=False,
        help_text="of new items, how many chance places",
    )
    autopilot = serializers.ChoiceField(
        choices=Project.Autopilot.choices,
        required=False,
        help_text="how far a round goes on by itself",
    )
    reuse = serializers.BooleanField(
        required=False, help_text="steps that are decided already are not asked again"
    )
    reuse_audit_percent = serializers.IntegerField(
        min_value=LIMITS["reuse_audit_percent"][0],
        max_value=LIMITS["reuse_audit_percent"][1],
        required=False,
        help_text="of decided steps, how many are asked all the same",
    )


class ProjectSettings(ApiView):
    abilities: ClassVar = {"PATCH": Ability.ADJUDICATE}

    @extend_schema(responses=ProjectRecord)
    def get(self, request: Request, slug: str) -> Response:
        """One project."""
        return Response(ProjectRecord(project_named(slug)).data)

    @extend_schema(request=SettingsBody, responses=ProjectRecord)
    def patch(self, request: Request, slug: str) -> Response:
        """Change how the project asks and how far its rounds go by themselves."""
        body = body_of(request, SettingsBody)
        project = quality_settings_save(
            project=project_named(slug),
            lead=user_of(request),
            numbers={name: value for name, value in body.items() if name in LIMITS},
            choices={name: body[name] for name in ("order", "autopilot") if name in body},
            reuse=body.get("reuse"),
        )
        return Response(ProjectRecord(project).data)

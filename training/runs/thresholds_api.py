"""What a project's data must meet before a run is launched."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.people.abilities import Ability
from annotation.people.api import ApiView
from annotation.people.fields import ProjectQuery, project_named, query_of
from training.models import LaunchThresholds
from training.runs.thresholds import thresholds_of, thresholds_set


class ThresholdsRecord(serializers.ModelSerializer[LaunchThresholds]):
    """null = not checked; what is not sent stays as it is."""

    class Meta:
        model = LaunchThresholds
        exclude = ["id", "project"]


class Thresholds(ApiView):
    abilities = {"GET": Ability.READ, "PATCH": Ability.ADJUDICATE}

    @extend_schema(parameters=[ProjectQuery], responses=ThresholdsRecord)
    def get(self, request: Request) -> Response:
        """The project's own, or the defaults."""
        return Response(ThresholdsRecord(thresholds_of(_project(request))).data)

    @extend_schema(
        parameters=[ProjectQuery], request=ThresholdsRecord, responses=ThresholdsRecord
    )
    def patch(self, request: Request) -> Response:
        """Change what is sent, for leads."""
        project = _project(request)
        sent = ThresholdsRecord(thresholds_of(project), data=request.data, partial=True)
        sent.is_valid(raise_exception=True)
        limits: dict[str, Any] = dict(sent.validated_data)
        return Response(ThresholdsRecord(thresholds_set(project=project, **limits)).data)


def _project(request: Request) -> Any:
    return project_named(query_of(request, ProjectQuery)["project"])

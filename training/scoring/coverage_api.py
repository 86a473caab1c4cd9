"""Coverage of a project's steps."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.people.abilities import Ability
from annotation.people.api import ApiView
from annotation.people.fields import ProjectQuery, project_named, query_of
from training.scoring.coverage import coverage


class CoverageRow(serializers.Serializer[Any]):
    """Rollouts of a policy with that step, each counted once: judged by people, served by an
    answer to the pair or the same text, implied by the pair's tier, scored by the reward model
    alone, or none of these."""

    policy = serializers.CharField()
    kind = serializers.IntegerField()
    rollouts = serializers.IntegerField()
    people = serializers.IntegerField()
    reuse = serializers.IntegerField()
    implied = serializers.IntegerField()
    rm_only = serializers.IntegerField()
    uncovered = serializers.IntegerField()


class Coverage(ApiView):
    abilities = {"GET": Ability.READ}

    @extend_schema(parameters=[ProjectQuery], responses=CoverageRow(many=True))
    def get(self, request: Request) -> Response:
        """What the steps of each policy are judged by, the newest policy first."""
        project = project_named(query_of(request, ProjectQuery)["project"])
        return Response(CoverageRow(coverage(project), many=True).data)

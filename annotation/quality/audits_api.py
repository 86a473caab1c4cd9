"""Audits of reused answers."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.people.abilities import Ability
from annotation.people.api import ApiView
from annotation.people.fields import ProjectQuery, project_named, query_of
from annotation.quality.audits import audit_rates


class AuditRow(serializers.Serializer[Any]):
    """Of ``n`` decided steps that chance asked again, how many got another answer; the interval
    is Wilson's of 95 %."""

    kind = serializers.IntegerField()
    n = serializers.IntegerField()
    contradicted = serializers.IntegerField()
    share = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class Audits(ApiView):
    abilities = {"GET": Ability.READ}

    @extend_schema(parameters=[ProjectQuery], responses=AuditRow(many=True))
    def get(self, request: Request) -> Response:
        """How often people contradict an answer that is reused, by step."""
        project = project_named(query_of(request, ProjectQuery)["project"])
        return Response(AuditRow(audit_rates(project), many=True).data)

"""How far people agree."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.cot.steps import StepKind
from annotation.people.abilities import Ability
from annotation.people.api import ApiView
from annotation.people.fields import ProjectQuery, project_named, query_of
from annotation.quality.agreement import agreement_table, kappa_table


class AgreementRow(serializers.Serializer[Any]):
    """Krippendorff's alpha of a step, and Cohen's kappa of each two annotators."""

    kind = serializers.IntegerField()
    alpha = serializers.FloatField(allow_null=True)
    level = serializers.CharField()
    n_items = serializers.IntegerField()
    n_labels = serializers.IntegerField()
    undefined_reason = serializers.CharField(allow_null=True)
    pairs = serializers.ListField(child=serializers.DictField())


class Agreement(ApiView):
    abilities = {"GET": Ability.READ}

    @extend_schema(parameters=[ProjectQuery], responses=AgreementRow(many=True))
    def get(self, request: Request) -> Response:
        """How far people agree, by step; null with the reason where it is undefined."""
        project = project_named(query_of(request, ProjectQuery)["project"])
        rows = [
            row | {"pairs": kappa_table(project, StepKind(row["kind"]))}
            for row in agreement_table(project)
        ]
        return Response(AgreementRow(rows, many=True).data)

"""How far people agree."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.cot.steps import StepKind
from annotation.people.abilities import Ability
from annotation.people.api import ApiView
from annotation.people.fields import ProjectQuery, Text, project_named, query_of
from annotation.quality.agreement import (
    SLICES,
    agreement_explained,
    agreement_items,
    agreement_table,
    kappa_table,
)


class AgreementRow(serializers.Serializer[Any]):
    """Krippendorff's alpha of a step, and Cohen's kappa of each two annotators."""

    kind = serializers.IntegerField()
    alpha = serializers.FloatField(allow_null=True)
    level = serializers.CharField()
    n_items = serializers.IntegerField()
    n_labels = serializers.IntegerField()
    undefined_reason = serializers.CharField(allow_null=True)
    pairs = serializers.ListField(child=serializers.DictField())


class ExplainQuery(ProjectQuery):
    step = serializers.ChoiceField(choices=[int(kind) for kind in StepKind])
    by = serializers.ChoiceField(
        choices=[name for name in SLICES if name], required=False, help_text="a slice"
    )
    key = Text(
        required=False, max_length=150,
        help_text="of the slice: an annotator's id, a query type, a split, a week's Monday",
    )  # fmt: skip

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if bool(attrs.get("by")) != bool(attrs.get("key")):
            missing = "key" if attrs.get("by") else "by"
            raise serializers.ValidationError({missing: ["send both, by and key, or none"]})
        return attrs


class BehindItem(serializers.Serializer[Any]):
    """An item that the number is made of; ``answers``: user name and value."""

    item = serializers.IntegerField(source="item_id")
    query = serializers.CharField()
    answers = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))
    differ = serializers.BooleanField()


class ExplainedRecord(serializers.Serializer[Any]):
    """alpha = 1 - observed / expected. ``coincidences[i][j]``: how often two labels of one
    item say ``values[i]`` and ``values[j]``, each item's pairs weighted by 1 / (labels - 1)."""

    alpha = serializers.FloatField(source="alpha.value", allow_null=True)
    undefined_reason = serializers.CharField(source="alpha.undefined_reason")
    level = serializers.CharField(source="alpha.level")
    n_items = serializers.IntegerField(source="alpha.n_items")
    n_labels = serializers.IntegerField(source="alpha.n_labels")
    observed = serializers.FloatField()
    expected = serializers.FloatField()
    values = serializers.ListField(child=serializers.CharField())
    coincidences = serializers.ListField(
        source="cells", child=serializers.ListField(child=serializers.FloatField())
    )
    single = serializers.IntegerField(help_text="items left out: one person judged them")
    items = BehindItem(many=True, help_text="a hundred, where people differ first")


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


class AgreementExplain(ApiView):
    abilities = {"GET": Ability.READ}

    @extend_schema(parameters=[ExplainQuery], responses=ExplainedRecord)
    def get(self, request: Request) -> Response:
        """What one alpha is computed from, and the items behind it."""
        query = query_of(request, ExplainQuery)
        project, kind = project_named(query["project"]), StepKind(query["step"])
        by, key = query.get("by", ""), query.get("key", "")
        explained, single = agreement_explained(project, kind, by, key)
        body = asdict(explained) | {
            "cells": [cells for _value, cells in explained.matrix()],
            "single": single,
            "items": agreement_items(project, kind, by, key),
        }
        return Response(ExplainedRecord(body).data)

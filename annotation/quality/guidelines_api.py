"""The guideline and its rules table: everybody reads it, leads write the next version."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.models import GuidelineVersion, Project
from annotation.people.abilities import Ability
from annotation.people.api import ApiView, user_of
from annotation.people.fields import INT, ProjectQuery, Text, body_of, project_named, query_of
from annotation.quality.guidelines import guideline_save
from annotation.quality.guidelines_select import guideline_versions


class GuidelineRecord(serializers.ModelSerializer[GuidelineVersion]):
    """``changed_kinds``: the steps whose older labels this version made stale."""

    author = serializers.CharField(source="author.username", default=None)
    changed_kinds = serializers.ListField(child=serializers.IntegerField())

    class Meta:
        model = GuidelineVersion
        fields = ["number", "text", "rules", "changed_kinds", "note", "author", "created_at"]


class GuidelineSaved(serializers.Serializer[Any]):
    """What is left out stays as it is."""

    project = serializers.SlugRelatedField(slug_field="slug", queryset=Project.objects.all())
    text = Text(required=False, trim_whitespace=False, help_text="Markdown")
    rules = Text(required=False, allow_blank=False, help_text="TOML, docs/formats.md")
    changed_kinds = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=5), max_length=5, default=list
    )
    note = Text(default="", max_length=2000)
    base = serializers.IntegerField(
        min_value=0, max_value=INT, default=None, allow_null=True,
        help_text="the version you started from; 409 when there is a newer one",
    )  # fmt: skip


class Guidelines(ApiView):
    abilities = {"POST": Ability.ADJUDICATE}

    @extend_schema(parameters=[ProjectQuery], responses=GuidelineRecord(many=True))
    def get(self, request: Request) -> Response:
        """All versions, the one in force first."""
        project = project_named(query_of(request, ProjectQuery)["project"])
        return Response(GuidelineRecord(guideline_versions(project), many=True).data)

    @extend_schema(request=GuidelineSaved, responses={201: GuidelineRecord})
    def post(self, request: Request) -> Response:
        """Put the next version in force; an unchanged one gives the present version back."""
        sent = body_of(request, GuidelineSaved)
        project = sent["project"]
        now = {"text": project.guideline, "rules": project.rules}
        version = guideline_save(**{**now, **sent}, author=user_of(request))
        return Response(GuidelineRecord(version).data, status=status.HTTP_201_CREATED)

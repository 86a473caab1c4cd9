"""Releases: the truth, frozen."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.models import Project
from annotation.people.abilities import Ability
from annotation.people.api import ApiView, user_of
from annotation.people.fields import (
    Pages,
    ProjectQuery,
    body_of,
    project_named,
    query_of,
    row_or_404,
)
from verifier.models import VerifierRelease
from verifier.services.release import release_cut
from verifier.services.truth import truth_refresh


class ReleaseRecord(serializers.ModelSerializer[VerifierRelease]):
    """``counts``: step -> source -> rows; ``masked_stale`` were left out."""

    project = serializers.SlugField(source="project.slug")
    counts = serializers.DictField(
        child=serializers.DictField(child=serializers.IntegerField())
    )
    created_by = serializers.CharField(source="created_by.username", default=None)

    class Meta:
        model = VerifierRelease
        fields = ["id", "project", "number", "sha256", "counts", "created_by", "created_at"]


class ReleaseCut(serializers.Serializer[Any]):
    project = serializers.SlugRelatedField(slug_field="slug", queryset=Project.objects.all())


@extend_schema(parameters=[ProjectQuery], methods=["GET"])
class Releases(ApiView, generics.ListAPIView[VerifierRelease]):
    """GET: the releases of a project. POST: freeze what is known now."""

    abilities = {"GET": Ability.READ, "POST": Ability.ROUNDS}
    serializer_class = ReleaseRecord
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[VerifierRelease]:
        project = project_named(query_of(self.request, ProjectQuery)["project"])
        return _rows().filter(project=project)

    @extend_schema(request=ReleaseCut, responses={201: ReleaseRecord})
    def post(self, request: Request) -> Response:
        """Where nothing changed, the newest one again. 422 when nothing is known yet."""
        project = body_of(request, ReleaseCut)["project"]
        truth_refresh(project=project)
        release = release_cut(project=project, user=user_of(request))
        return Response(ReleaseRecord(release).data, status=status.HTTP_201_CREATED)


class ReleaseTruth(ApiView):
    abilities = {"GET": Ability.READ}

    @extend_schema(responses={(200, "application/json"): OpenApiTypes.OBJECT})
    def get(self, request: Request, pk: int) -> HttpResponse:
        """truth.json of docs/formats.md."""
        release = row_or_404(VerifierRelease.objects.only("payload"), pk)
        return HttpResponse(release.payload, content_type="application/json")


def _rows() -> QuerySet[VerifierRelease]:
    return VerifierRelease.objects.select_related("project", "created_by").defer("payload")

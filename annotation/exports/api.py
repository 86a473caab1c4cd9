"""Exports: ask, watch, download."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from annotation.cot.splits import SPLITS
from annotation.exports.formats import formats
from annotation.exports.jobs import export_job_create
from annotation.exports.tasks import export_job_send
from annotation.models import ExportJob, Project
from annotation.people.abilities import Ability
from annotation.people.api import ApiView, user_of
from annotation.people.downloads import file_response
from annotation.people.fields import Pages, Text, body_of, row_or_404


class ExportFilterForm(serializers.Serializer[Any]):
    split = serializers.ChoiceField(choices=SPLITS, required=False)
    policy = Text(required=False, max_length=200)


class ExportRequest(serializers.Serializer[Any]):
    project = serializers.SlugRelatedField(slug_field="slug", queryset=Project.objects.all())
    filter = ExportFilterForm(default=dict)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        choices = [(each.name, each.about) for each in formats().values()]
        return super().get_fields() | {"format": serializers.ChoiceField(choices=choices)}


class ExportStatus(serializers.ModelSerializer[ExportJob]):
    """``file`` is the download once the state is done, else null."""

    project = serializers.SlugRelatedField[Project](slug_field="slug", read_only=True)
    filter = serializers.DictField(child=serializers.CharField())
    lint = serializers.DictField()
    file = serializers.SerializerMethodField()

    class Meta:
        model = ExportJob
        fields = [
            "id", "project", "format", "filter", "state", "rows_written", "rows_total",
            "bytes", "sha256", "lint", "error", "created_at", "finished_at", "file",
        ]  # fmt: skip

    @extend_schema_field(serializers.URLField(allow_null=True))
    def get_file(self, job: ExportJob) -> str | None:
        if job.state != ExportJob.State.DONE:
            return None
        return reverse("api:export_file", [job.pk], request=self.context.get("request"))


class Exports(ApiView, generics.ListAPIView[ExportJob]):
    """GET: the exports. POST: write one in the background."""

    abilities = {"GET": Ability.EXPORT, "POST": Ability.EXPORT}
    serializer_class = ExportStatus
    pagination_class = Pages
    queryset = ExportJob.objects.select_related("project")

    @extend_schema(request=ExportRequest, responses={202: ExportStatus})
    def post(self, request: Request) -> Response:
        wanted = body_of(request, ExportRequest)
        job = export_job_create(
            project=wanted["project"],
            format=wanted["format"],
            filter=wanted["filter"],
            user=user_of(request),
        )
        export_job_send(job.pk)
        return Response(ExportStatus(job, context={"request": request}).data, status=202)


class ExportDetail(ApiView, generics.RetrieveAPIView[ExportJob]):
    """How far an export is, and its file."""

    abilities = {"GET": Ability.EXPORT}
    serializer_class = ExportStatus
    queryset = ExportJob.objects.select_related("project")


class ExportFile(ApiView):
    abilities = {"GET": Ability.EXPORT}

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def get(self, request: Request, pk: int) -> FileResponse:
        """The finished file; 404 before that."""
        done: QuerySet[ExportJob] = ExportJob.objects.filter(state=ExportJob.State.DONE)
        return file_response(row_or_404(done, pk))

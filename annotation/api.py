"""The REST API: imports and pairs. Leads, ML engineers and administrators only."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, pagination, parsers, permissions, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.errors import StepwiseError
from annotation.models import ImportJob, Pair, Project
from annotation.roles import Role, has_role
from annotation.services.imports import import_job_create
from annotation.splits import SPLITS
from annotation.tasks import import_job_start


class MayImport(permissions.BasePermission):
    message = "only leads, ML engineers and administrators may import"

    def has_permission(self, request: Request, view: APIView) -> bool:
        return any(has_role(request.user, role) for role in (Role.LEAD, Role.ML_ENGINEER))


class ImportUpload(serializers.Serializer[Any]):
    project = serializers.SlugRelatedField(slug_field="slug", queryset=Project.objects.all())
    file = serializers.FileField()
    skip_bad = serializers.BooleanField(default=False)


class ImportStatus(serializers.ModelSerializer[ImportJob]):
    project = serializers.SlugRelatedField[Project](slug_field="slug", read_only=True)

    class Meta:
        model = ImportJob
        fields = [
            "id", "project", "filename", "state", "rows_read", "rows_total", "pairs_created",
            "pairs_existing", "error_count", "errors", "created_at", "finished_at",
        ]  # fmt: skip


class PairRecord(serializers.ModelSerializer[Pair]):
    """The pair record of docs/formats.md; attributes stay ordered [name, value] pairs."""

    pair_id = serializers.CharField(source="pk")
    product_id = serializers.CharField(source="product.external_id")
    title = serializers.CharField(source="product.title")
    category_path = serializers.CharField(source="product.category_path")
    attributes = serializers.JSONField(source="product.attributes")
    description = serializers.CharField(source="product.description")

    class Meta:
        model = Pair
        fields = [
            "pair_id", "query", "query_type", "locale", "split", "product_id", "title",
            "category_path", "attributes", "description", "gold", "silver",
        ]  # fmt: skip


class PairPages(pagination.CursorPagination):
    """By cursor: page one million costs what page one costs."""

    ordering = "pk"
    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = 1000


class ImportList(APIView):
    """POST a file (multipart: project, file, skip_bad); it is imported in the background."""

    permission_classes = [permissions.IsAuthenticated, MayImport]
    parser_classes = [parsers.MultiPartParser]
    serializer_class = ImportUpload

    @extend_schema(request=ImportUpload, responses={202: ImportStatus})
    def post(self, request: Request) -> Response:
        form = ImportUpload(data=request.data)
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        assert isinstance(request.user, User)
        try:
            job = import_job_create(
                project=asked["project"],
                upload=asked["file"],
                filename=asked["file"].name,
                skip_bad=asked["skip_bad"],
                user=request.user,
            )
        except StepwiseError as error:
            return Response({"detail": error.message}, status=error.status)
        transaction.on_commit(lambda: import_job_start.delay(job.pk))
        return Response(ImportStatus(job).data, status=status.HTTP_202_ACCEPTED)


class ImportDetail(generics.RetrieveAPIView[ImportJob]):
    """How far an import is, and its first hundred errors."""

    permission_classes = [permissions.IsAuthenticated, MayImport]
    serializer_class = ImportStatus
    queryset = ImportJob.objects.select_related("project")


@extend_schema(
    parameters=[
        OpenApiParameter("project", str, required=True, description="slug"),
        OpenApiParameter("split", str, enum=SPLITS),
    ]
)
class PairList(generics.ListAPIView[Pair]):
    """The pairs of ``?project=SLUG``, optionally of one ``&split=``."""

    permission_classes = [permissions.IsAuthenticated, MayImport]
    serializer_class = PairRecord
    pagination_class = PairPages

    def get_queryset(self) -> QuerySet[Pair]:
        asked = self.request.query_params
        project = get_object_or_404(Project, slug=asked.get("project", ""))
        pairs = Pair.objects.filter(project=project).select_related("product")
        if split := asked.get("split"):
            if split not in SPLITS:
                raise serializers.ValidationError({"split": f"one of {', '.join(SPLITS)}"})
            pairs = pairs.filter(split=split)
        return pairs

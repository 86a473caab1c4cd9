"""Imports and pairs."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, parsers, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.cot.splits import SPLITS
from annotation.models import ImportJob, Pair, Project
from annotation.models.outbox import outbox_settled
from annotation.pairs.jobs import import_job_create
from annotation.pairs.readers.table import ONE_FILE_ADAPTERS
from annotation.pairs.tasks import import_job_start
from annotation.people.abilities import Ability
from annotation.people.api import ApiView, user_of
from annotation.people.fields import Pages, ProjectQuery, body_of, project_named, query_of


class ImportUpload(serializers.Serializer[Any]):
    project = serializers.SlugRelatedField(slug_field="slug", queryset=Project.objects.all())
    file = serializers.FileField()
    adapter = serializers.ChoiceField(choices=ONE_FILE_ADAPTERS, default="native")
    skip_bad = serializers.BooleanField(default=False)
    unknown_as_attributes = serializers.BooleanField(default=False)
    dry_run = serializers.BooleanField(default=False)


class ImportStatus(serializers.ModelSerializer[ImportJob]):
    project = serializers.SlugRelatedField[Project](slug_field="slug", read_only=True)

    class Meta:
        model = ImportJob
        fields = [
            "id", "project", "filename", "state", "rows_read", "rows_total", "pairs_created",
            "pairs_existing", "error_count", "errors", "notice_count", "notices",
            "unknown_columns", "unknown_as_attributes", "dry_run", "created_at", "finished_at",
        ]  # fmt: skip


class PairRecord(serializers.ModelSerializer[Pair]):
    """The pair record of docs/formats.md; attributes stay ordered [name, value] pairs."""

    pair_id = serializers.CharField(source="pk")
    product_id = serializers.CharField(source="product.external_id")
    title = serializers.CharField(source="product.title")
    category_path = serializers.CharField(source="product.category_path")
    attributes = serializers.ListField(
        source="product.attributes", child=serializers.ListField(child=serializers.CharField())
    )
    description = serializers.CharField(source="product.description")
    gold = serializers.DictField(child=serializers.CharField())
    silver = serializers.DictField(child=serializers.CharField())

    class Meta:
        model = Pair
        fields = [
            "pair_id", "query", "query_type", "locale", "split", "product_id", "title",
            "category_path", "attributes", "description", "gold", "silver",
        ]  # fmt: skip


class PairQuery(ProjectQuery):
    split = serializers.ChoiceField(choices=SPLITS, required=False)


class Imports(ApiView, generics.ListAPIView[ImportJob]):
    """GET: the imports. POST a file (multipart); it is imported in the background."""

    abilities = {"GET": Ability.IMPORT, "POST": Ability.IMPORT}
    parser_classes = [parsers.MultiPartParser]
    serializer_class = ImportStatus
    pagination_class = Pages
    queryset = ImportJob.objects.select_related("project")

    @extend_schema(request=ImportUpload, responses={202: ImportStatus})
    def post(self, request: Request) -> Response:
        asked = body_of(request, ImportUpload)
        job = import_job_create(
            project=asked["project"],
            upload=asked["file"],
            filename=asked["file"].name,
            adapter=asked["adapter"],
            skip_bad=asked["skip_bad"],
            unknown_as_attributes=asked["unknown_as_attributes"],
            dry_run=asked["dry_run"],
            user=user_of(request),
        )
        transaction.on_commit(lambda: import_job_start.delay(job.pk))
        return Response(ImportStatus(job).data, status=status.HTTP_202_ACCEPTED)


class ImportDetail(ApiView, generics.RetrieveAPIView[ImportJob]):
    """How far an import is, and its first hundred errors."""

    abilities = {"GET": Ability.IMPORT}
    serializer_class = ImportStatus
    queryset = ImportJob.objects.select_related("project")


@extend_schema(parameters=[PairQuery])
class Pairs(ApiView, generics.ListAPIView[Pair]):
    """The pairs of a project, optionally of one split."""

    abilities = {"GET": Ability.READ}
    serializer_class = PairRecord
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[Pair]:
        asked = query_of(self.request, PairQuery)
        project = project_named(asked["project"])
        pairs = outbox_settled(Pair.objects.filter(project=project), project)
        if split := asked.get("split"):
            pairs = pairs.filter(split=split)
        return pairs.select_related("product")

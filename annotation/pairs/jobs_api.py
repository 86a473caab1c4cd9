"""Imports and pairs."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, parsers, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.cot.splits import SPLITS
from annotation.models import ImportJob, Pair, Project
from annotation.models.outbox import outbox_settled
from annotation.pairs.formats import NATIVE, ImportOption, formats, options, takers
from annotation.pairs.jobs import import_job_create
from annotation.pairs.tasks import import_job_send
from annotation.pairs.uploads import uploads_given
from annotation.people.abilities import Ability
from annotation.people.api import ApiView, user_of
from annotation.people.fields import Pages, ProjectQuery, Text, body_of, project_named, query_of


class ImportUpload(serializers.Serializer[Any]):
    """``adapter`` is the file's format; what formats take beside the file is listed after."""

    project = serializers.SlugRelatedField(slug_field="slug", queryset=Project.objects.all())
    file = serializers.FileField()
    skip_bad = serializers.BooleanField(default=False)
    unknown_as_attributes = serializers.BooleanField(default=False)
    dry_run = serializers.BooleanField(default=False)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        choices = [(each.name, each.label) for each in formats().values()]
        adapter = serializers.ChoiceField(choices=choices, default=NATIVE)
        return (
            super().get_fields()
            | {"adapter": adapter}
            | {name: _option_field(option) for name, option in options().items()}
        )


def _option_field(option: ImportOption) -> serializers.Field[Any, Any, Any, Any]:
    more: dict[str, Any] = {"required": False, "help_text": option.help}
    if names := takers(option):
        more["help_text"] = f"{names}: {option.help}"
    if option.file:
        return serializers.FileField(**more)
    if option.choices:
        return serializers.ChoiceField(choices=option.choices, **more)
    return Text(max_length=option.longest, **more)


class ImportStatus(serializers.ModelSerializer[ImportJob]):
    """``counts`` is what was stored beside pairs, such as submissions."""

    project = serializers.SlugRelatedField[Project](slug_field="slug", read_only=True)
    options = serializers.DictField(child=serializers.CharField())
    counts = serializers.DictField(child=serializers.IntegerField())

    class Meta:
        model = ImportJob
        fields = [
            "id", "project", "filename", "adapter", "options", "state", "rows_read",
            "rows_total", "pairs_created", "pairs_existing", "counts", "error_count", "errors",
            "notice_count", "notices", "unknown_columns", "unknown_as_attributes", "dry_run",
            "created_at", "finished_at",
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
        wanted = body_of(request, ImportUpload)
        job = import_job_create(
            project=wanted["project"],
            upload=wanted["file"],
            filename=wanted["file"].name,
            adapter=wanted["adapter"],
            skip_bad=wanted["skip_bad"],
            unknown_as_attributes=wanted["unknown_as_attributes"],
            dry_run=wanted["dry_run"],
            options=uploads_given(wanted),
            user=user_of(request),
        )
        import_job_send(job.pk)
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
        wanted = query_of(self.request, PairQuery)
        project = project_named(wanted["project"])
        pairs = outbox_settled(Pair.objects.filter(project=project), project)
        if split := wanted.get("split"):
            pairs = pairs.filter(split=split)
        return pairs.select_related("product")

"""Projects, what an uploaded file would be read as, and starting what was checked."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import generics, parsers, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.models import ImportJob, Project
from annotation.pairs.drafts import upload_seen
from annotation.pairs.formats import formats
from annotation.pairs.jobs import import_job_requeue
from annotation.pairs.jobs_api import ImportStatus
from annotation.pairs.tasks import import_job_send
from annotation.pairs.uploads import Upload
from annotation.people.abilities import Ability
from annotation.people.api import ApiView
from annotation.people.fields import Pages, Text, body_of, row_or_404
from annotation.quality.projects import project_create
from annotation.starting.choices import choices_saved
from annotation.starting.start import name_taken, slug_for


class ProjectRecord(serializers.ModelSerializer[Project]):
    class Meta:
        model = Project
        fields = [
            "slug", "name", "layout", "overlap", "max_overlap", "guideline_version",
            "reuse", "reuse_audit_percent", "order", "explore_percent",
            "autopilot",
        ]  # fmt: skip


class NewProject(serializers.ModelSerializer[Project]):
    """Without a ``slug`` it is made from the name."""

    name = Text(max_length=200, allow_blank=False)
    guideline = Text(required=False)

    class Meta:
        model = Project
        fields = ["name", "slug", "layout", "overlap", "guideline"]
        extra_kwargs = {"slug": {"required": False}, "overlap": {"min_value": 1}}

    def validate_name(self, name: str) -> str:
        if name_taken(name):
            raise serializers.ValidationError("there is already a project by this name")
        return name


class Projects(ApiView, generics.ListAPIView[Project]):
    """GET: all projects. POST: a new one, without pairs."""

    abilities = {"POST": Ability.IMPORT}
    serializer_class = ProjectRecord
    pagination_class = Pages
    queryset = Project.objects.all()

    @extend_schema(request=NewProject, responses={201: ProjectRecord})
    def post(self, request: Request) -> Response:
        wanted = body_of(request, NewProject)
        slug = wanted.pop("slug", "") or slug_for(wanted["name"])
        project = project_create(slug=slug, **wanted)
        return Response(ProjectRecord(project).data, status=status.HTTP_201_CREATED)


class PreviewUpload(serializers.Serializer[Any]):
    file = serializers.FileField(help_text="several times, where there are several")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        choices = [(each.name, each.label) for each in formats().values()]
        text = "without it the columns tell; chains of thought are cots"
        adapter = serializers.ChoiceField(choices=choices, required=False, help_text=text)
        return super().get_fields() | {"adapter": adapter}


class ColumnRecord(serializers.Serializer[Any]):
    """``meaning``: a field of a mapping or of parts, attribute, rater, or empty."""

    name = serializers.CharField()
    examples = serializers.ListField(child=serializers.CharField())
    grades = serializers.ListField(child=serializers.CharField())
    meaning = serializers.CharField()


class PreviewRecord(serializers.Serializer[Any]):
    """``files``: option and name of each further file; ``options`` are a first guess."""

    adapter = serializers.CharField()
    filename = serializers.CharField()
    files = serializers.DictField(child=serializers.CharField())
    rows = serializers.IntegerField(help_text="rows looked at")
    columns = ColumnRecord(many=True)
    options = serializers.DictField(child=serializers.CharField())
    problem = serializers.CharField(help_text="why not more could be read")


class ImportPreview(ApiView):
    """What uploaded files are taken for. Nothing is kept."""

    abilities = {"POST": Ability.IMPORT}
    parser_classes = [parsers.MultiPartParser]

    @extend_schema(request=PreviewUpload, responses=PreviewRecord)
    def post(self, request: Request) -> Response:
        adapter = body_of(request, PreviewUpload).get("adapter", "")
        uploads = [Upload(each, each.name or "") for each in request.FILES.getlist("file")]
        with TemporaryDirectory(prefix="stepwise-preview-") as folder:
            job = upload_seen(
                project=Project(), uploads=uploads, root=Path(folder), adapter=adapter
            )
            choices = choices_saved(job)
        columns = [
            {
                "name": row.column.name,
                "examples": row.column.examples,
                "grades": row.column.grades,
                "meaning": row.meaning if choices.mapped else "",
            }
            for row in choices.rows
        ]
        record = {
            "adapter": job.adapter,
            "filename": job.filename,
            "files": {option: Path(path).name for option, path in job.files.items()},
            "rows": choices.preview.rows,
            "columns": columns,
            "options": choices.options,
            "problem": choices.preview.problem,
        }
        return Response(PreviewRecord(record).data)


class ImportStart(ApiView):
    """Import what was only checked, or try again what failed."""

    abilities = {"POST": Ability.IMPORT}

    @extend_schema(request=None, responses={202: ImportStatus})
    def post(self, request: Request, pk: int) -> Response:
        rows = ImportJob.objects.select_related("project")
        job = import_job_requeue(job=row_or_404(rows, pk))
        import_job_send(job.pk)
        return Response(ImportStatus(job).data, status=status.HTTP_202_ACCEPTED)

"""Runs: launch, watch, cancel, resume. ML engineers only."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.cot.steps import LAYOUTS
from annotation.models import Project
from annotation.people.abilities import Ability
from annotation.people.api import ApiView, user_of
from annotation.people.fields import (
    OptionalProject,
    Pages,
    StoredJson,
    Text,
    body_of,
    query_of,
    row_or_404,
)
from training.job.methods import METHODS
from training.job.prompts import PROMPT_VERSIONS, STYLES
from training.models import Checkpoint, RunMetric, TrainingRun
from training.runs.checkpoints import checkpoint_register
from training.runs.runs import run_cancel, run_create, run_resume
from training.runs.tasks import run_send
from training.runs.waivers import Waiver, run_waive

_POLICIES = Checkpoint.objects.filter(kind=Checkpoint.Kind.POLICY)
_RMS = Checkpoint.objects.filter(kind=Checkpoint.Kind.RM)


class CheckpointRecord(serializers.ModelSerializer[Checkpoint]):
    class Meta:
        model = Checkpoint
        fields = [
            "id", "name", "kind", "style", "layout", "prompt_version", "run", "created_at",
        ]  # fmt: skip


class RunRecord(serializers.ModelSerializer[TrainingRun]):
    """``config`` are the overrides; ``report`` is report.json of docs/formats.md."""

    project = serializers.SlugField(source="project.slug")
    policy = serializers.CharField(source="policy.name")
    rm = serializers.CharField(source="rm.name", allow_null=True, default=None)
    release = serializers.IntegerField(source="release.number", allow_null=True, default=None)
    config = serializers.DictField()
    report = serializers.DictField()
    refusals = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = TrainingRun
        fields = [
            "id", "project", "method", "policy", "rm", "release", "config", "state", "step",
            "total_steps", "error", "report", "refusals", "created_at", "started_at",
            "finished_at",
        ]  # fmt: skip


class MethodField(serializers.ChoiceField):
    """A serializer copies its fields by making them again: the choices are today's table."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "choices": list(METHODS)})


class RunChoice(serializers.Serializer[Any]):
    project = serializers.SlugRelatedField(slug_field="slug", queryset=Project.objects.all())
    method = MethodField()
    policy = serializers.SlugRelatedField(slug_field="name", queryset=_POLICIES)
    rm = serializers.SlugRelatedField(
        slug_field="name", queryset=_RMS, default=None, allow_null=True
    )
    config = StoredJson(default=dict, help_text="keys of run.toml")


class RunAsked(RunChoice):
    hold = serializers.BooleanField(
        default=False, help_text="where a threshold is not met, wait for a lead's waiver"
    )


class MetricRecord(serializers.ModelSerializer[RunMetric]):
    class Meta:
        model = RunMetric
        fields = ["step", "data"]


class TrainView(ApiView):
    abilities = {"GET": Ability.READ, "POST": Ability.TRAIN}


class CheckpointNamed(serializers.Serializer[Any]):
    """``style``, ``layout`` and ``prompt_version`` empty: what the folder says of itself."""

    name = Text(allow_blank=False, max_length=200)
    path = Text(
        allow_blank=False,
        max_length=2000,
        help_text="a folder on the server, or the address of an OpenAI-compatible endpoint",
    )
    kind = serializers.ChoiceField(Checkpoint.Kind.choices, default=Checkpoint.Kind.POLICY)
    model_name = Text(default="", max_length=200, help_text="at the endpoint")
    style = serializers.ChoiceField(STYLES, default="", allow_blank=True)  # type: ignore[assignment]
    layout = serializers.ChoiceField(LAYOUTS, default="", allow_blank=True)
    prompt_version = serializers.ChoiceField(
        PROMPT_VERSIONS,
        default="",
        allow_blank=True,
        help_text="of a folder without stepwise.json, or of an endpoint",
    )


class Checkpoints(TrainView, generics.ListAPIView[Checkpoint]):
    """GET: the models that can be trained from or scored with. POST: name one."""

    serializer_class = CheckpointRecord
    pagination_class = Pages
    queryset = Checkpoint.objects.exclude(kind=Checkpoint.Kind.WRITER)

    @extend_schema(request=CheckpointNamed, responses={201: CheckpointRecord})
    def post(self, request: Request) -> Response:
        """Naming it again changes what is named. 422 for a folder without a model, and for an
        address that may not be asked."""
        made = checkpoint_register(**body_of(request, CheckpointNamed))
        return Response(CheckpointRecord(made).data, status=201)


@extend_schema(parameters=[OptionalProject], methods=["GET"])
class Runs(TrainView, generics.ListAPIView[TrainingRun]):
    """GET: the runs. POST: launch one on a freshly frozen ground truth."""

    serializer_class = RunRecord
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[TrainingRun]:
        query = query_of(self.request, OptionalProject)
        rows = _runs()
        return rows.filter(project__slug=query["project"]) if "project" in query else rows

    @extend_schema(request=RunAsked, responses={202: RunRecord})
    def post(self, request: Request) -> Response:
        """422 with ``preflight`` lists the thresholds that are not met; with ``hold`` the run
        is kept, and waits for a lead's waiver."""
        launch = body_of(request, RunAsked)
        with transaction.atomic():
            run = run_create(**launch, user=user_of(request))
            run_send(run)
        return Response(RunRecord(run).data, status=202)


class RunDetail(TrainView, generics.RetrieveAPIView[TrainingRun]):
    """How far a run is, and its report."""

    serializer_class = RunRecord

    def get_queryset(self) -> QuerySet[TrainingRun]:
        return _runs()


class RunCancel(TrainView):
    @extend_schema(request=None, responses=RunRecord)
    def post(self, request: Request, pk: int) -> Response:
        """Stop a run; it saves a checkpoint first. 409 when it has ended."""
        return Response(RunRecord(run_cancel(run=row_or_404(_runs(), pk))).data)


class WaiverAsked(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=2000, help_text="at least 20 characters")


class RunWaive(ApiView):
    abilities = {"POST": Ability.ADJUDICATE}

    @extend_schema(request=WaiverAsked, responses={202: RunRecord})
    def post(self, request: Request, pk: int) -> Response:
        """Let a held run start although a threshold is not met. 409 when it is not held."""
        reason = body_of(request, WaiverAsked)["reason"]
        with transaction.atomic():
            waiver = Waiver(user_of(request), reason)
            run = run_waive(run=row_or_404(_runs(), pk), waiver=waiver)
            run_send(run)
        return Response(RunRecord(run).data, status=202)


class RunResume(TrainView):
    @extend_schema(request=None, responses=RunRecord)
    def post(self, request: Request, pk: int) -> Response:
        """Queue a failed or cancelled run again; it goes on from its newest checkpoint."""
        with transaction.atomic():
            run = run_resume(run=row_or_404(_runs(), pk))
            run_send(run)
        return Response(RunRecord(run).data)


class RunMetrics(TrainView, generics.ListAPIView[RunMetric]):
    """The lines of metrics.jsonl, oldest first."""

    serializer_class = MetricRecord
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[RunMetric]:
        run = row_or_404(TrainingRun.objects.all(), self.kwargs["pk"])
        return run.metrics.all()


def _runs() -> QuerySet[TrainingRun]:
    return TrainingRun.objects.select_related("project", "policy", "rm", "release")

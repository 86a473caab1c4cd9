"""Batches of rollouts: have a policy, or a writer, answer for pairs of a project."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.cot.splits import SPLITS
from annotation.models import Project
from annotation.people.abilities import Ability
from annotation.people.api import ApiView
from annotation.people.fields import (
    BIG,
    INT,
    Pages,
    ProjectQuery,
    body_of,
    project_named,
    query_of,
    row_or_404,
)
from training.models import Checkpoint, RolloutBatch
from training.rollouts.batches import batch_create, batch_queue, batch_retry
from training.rollouts.catalogue.writer import WRITER
from training.rollouts.select import batch_parsing, pairs_due_for_rollout
from training.rollouts.tasks import rollouts_run
from training.rollouts.writers import catalogue_writer


class BatchRecord(serializers.ModelSerializer[RolloutBatch]):
    """``pairs`` are to have ``n`` rollouts each; ``parsed`` of those so far have five steps."""

    project = serializers.SlugField(source="project.slug")
    policy = serializers.CharField(source="policy.name")
    pairs = serializers.SerializerMethodField()
    parsed = serializers.SerializerMethodField()

    class Meta:
        model = RolloutBatch
        fields = [
            "id", "project", "policy", "state", "pairs", "n", "temperature", "max_tokens",
            "seed", "rollouts_done", "parsed", "error", "created_at",
        ]  # fmt: skip

    def get_pairs(self, batch: RolloutBatch) -> int:
        return len(batch.pair_ids)

    def get_parsed(self, batch: RolloutBatch) -> int:
        return batch_parsing(batch).parsed


class SamplerField(serializers.SlugRelatedField[Checkpoint]):
    """A policy or a writer by name; the writer that needs no model is always there."""

    def to_internal_value(self, data: Any) -> Checkpoint:
        return catalogue_writer() if data == WRITER else super().to_internal_value(data)


class BatchStart(serializers.Serializer[Any]):
    """``queue_limit`` rollouts a pair become items; null = all, 0 = none."""

    project = serializers.SlugRelatedField(slug_field="slug", queryset=Project.objects.all())
    policy = SamplerField(
        slug_field="name",
        queryset=Checkpoint.objects.exclude(kind=Checkpoint.Kind.RM),
        help_text="a policy or a writer",
    )
    splits = serializers.ListField(
        child=serializers.ChoiceField(choices=SPLITS), min_length=1, max_length=len(SPLITS),
        default=lambda: ["train"],
    )  # fmt: skip
    pairs = serializers.IntegerField(
        min_value=1, max_value=100_000, default=50, help_text="at most, oldest first"
    )
    n = serializers.IntegerField(min_value=1, max_value=64, default=1)
    temperature = serializers.FloatField(min_value=0, max_value=2, default=0.99)
    top_k = serializers.IntegerField(min_value=0, max_value=INT, default=100)
    max_tokens = serializers.IntegerField(min_value=8, max_value=32_768, default=256)
    seed = serializers.IntegerField(min_value=0, max_value=BIG, default=0)
    overlap = serializers.IntegerField(
        min_value=1, max_value=100, default=None, allow_null=True, help_text="null: project's"
    )
    queue_limit = serializers.IntegerField(
        min_value=0, max_value=INT, default=None, allow_null=True
    )


class BatchQueued(serializers.Serializer[Any]):
    """``covered``: those that leave people nothing to ask."""

    opened = serializers.IntegerField()
    covered = serializers.IntegerField()


class BatchView(ApiView):
    abilities = {"GET": Ability.READ, "POST": Ability.TRAIN}


@extend_schema(parameters=[ProjectQuery], methods=["GET"])
class Batches(BatchView, generics.ListAPIView[RolloutBatch]):
    """GET: the batches of a project. POST: sample, in the background."""

    serializer_class = BatchRecord
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[RolloutBatch]:
        project = project_named(query_of(self.request, ProjectQuery)["project"])
        return _rows().filter(project=project)

    @extend_schema(request=BatchStart, responses={202: BatchRecord})
    def post(self, request: Request) -> Response:
        """Pairs that have their ``n`` rollouts of it are left out; 422 when none is left."""
        sent = body_of(request, BatchStart)
        project, policy = sent["project"], sent["policy"]
        splits, limit = sent.pop("splits"), sent.pop("pairs")
        due = pairs_due_for_rollout(
            project=project, policy=policy, n=sent["n"], splits=splits, limit=limit
        )
        with transaction.atomic():
            batch = batch_create(pairs=due, **sent)
            _send(batch)
        return Response(BatchRecord(batch).data, status=status.HTTP_202_ACCEPTED)


class BatchDetail(BatchView, generics.RetrieveAPIView[RolloutBatch]):
    """How far a batch is."""

    serializer_class = BatchRecord

    def get_queryset(self) -> QuerySet[RolloutBatch]:
        return _rows()


class BatchRetry(BatchView):
    @extend_schema(request=None, responses={202: BatchRecord})
    def post(self, request: Request, pk: int) -> Response:
        """Take a failed batch up again. 422 when it has not failed."""
        with transaction.atomic():
            batch = batch_retry(batch=row_or_404(_rows(), pk))
            _send(batch)
        return Response(BatchRecord(batch).data, status=status.HTTP_202_ACCEPTED)


class BatchQueue(BatchView):
    @extend_schema(request=None, responses=BatchQueued)
    def post(self, request: Request, pk: int) -> Response:
        """Put what parses before people, also where most does not; repeating adds none."""
        opened = batch_queue(batch=row_or_404(_rows(), pk))
        return Response(BatchQueued(opened).data)


def _send(batch: RolloutBatch) -> None:
    transaction.on_commit(partial(rollouts_run.delay, batch.pk))


def _rows() -> QuerySet[RolloutBatch]:
    return RolloutBatch.objects.select_related("project", "policy", "round")

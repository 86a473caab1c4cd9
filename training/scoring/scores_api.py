"""What reward models say of steps, and asking the one in charge to score what is due."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.models import Project
from annotation.people.abilities import Ability
from annotation.people.api import ApiView
from annotation.people.fields import (
    Pages,
    ProjectQuery,
    Text,
    body_of,
    project_named,
    query_of,
)
from training.models import ScoringJob, StepScore
from training.scoring.scoring import scoring_request
from training.scoring.select import scores_of
from training.scoring.tasks import steps_score


class ScoreRecord(serializers.ModelSerializer[StepScore]):
    """``p``: of the step being correct."""

    rollout = serializers.IntegerField(source="step.rollout_id")
    kind = serializers.IntegerField(source="step.kind")
    rm = serializers.CharField(source="rm.name")

    class Meta:
        model = StepScore
        fields = ["id", "step", "rollout", "kind", "rm", "p", "critique", "created_at"]


class ScoreQuery(ProjectQuery):
    rm = Text(required=False, max_length=200, help_text="name; without it of every model")


class ScoringRecord(serializers.ModelSerializer[ScoringJob]):
    """``scored``: steps, the last time."""

    project = serializers.SlugField(source="project.slug")
    rm = serializers.CharField(source="rm.name")

    class Meta:
        model = ScoringJob
        fields = ["id", "project", "rm", "state", "scored", "error", "finished_at"]


class ScoringAsked(serializers.Serializer[Any]):
    project = serializers.SlugRelatedField(slug_field="slug", queryset=Project.objects.all())


@extend_schema(parameters=[ScoreQuery])
class Scores(ApiView, generics.ListAPIView[StepScore]):
    """The scores of a project's steps."""

    abilities = {"GET": Ability.READ}
    serializer_class = ScoreRecord
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[StepScore]:
        query = query_of(self.request, ScoreQuery)
        return scores_of(project_named(query["project"]), rm=query.get("rm", ""))


@extend_schema(parameters=[ProjectQuery], methods=["GET"])
class Scoring(ApiView, generics.ListAPIView[ScoringJob]):
    """GET: how far the scoring by each model is. POST: have the model in charge score."""

    abilities = {"GET": Ability.READ, "POST": Ability.TRAIN}
    serializer_class = ScoringRecord
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[ScoringJob]:
        project = project_named(query_of(self.request, ProjectQuery)["project"])
        return ScoringJob.objects.filter(project=project).select_related("project", "rm")

    @extend_schema(request=ScoringAsked, responses={202: ScoringRecord})
    def post(self, request: Request) -> Response:
        """Steps without a score of it get one; disagreements follow. 409 when no reward model
        is in charge."""
        project = body_of(request, ScoringAsked)["project"]
        with transaction.atomic():
            job = scoring_request(project=project)
            transaction.on_commit(partial(steps_score.delay, job.rm_id, project.pk))
        return Response(ScoringRecord(job).data, status=status.HTTP_202_ACCEPTED)

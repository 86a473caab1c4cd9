"""What a change of the guideline made stale, which runs learned from it, and asking again."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.models import Project
from annotation.people.abilities import Ability
from annotation.people.api import ApiView, user_of
from annotation.people.fields import ProjectQuery, body_of, project_named, query_of
from annotation.quality.guidelines import stale_reopen
from annotation.quality.relabel import stale_report
from training.runs.stale_runs import stale_runs


class RelabelRecord(serializers.Serializer[Any]):
    """One item that would be opened; ``kinds`` are the steps that it asks for."""

    rollout = serializers.IntegerField(source="rollout.pk")
    kinds = serializers.ListField(child=serializers.IntegerField())


class StaleRunRecord(serializers.Serializer[Any]):
    run = serializers.IntegerField(source="run.pk")
    release = serializers.IntegerField(source="run.release.number")
    decisions = serializers.IntegerField(source="n", help_text="that do not stand any more")


class StaleRecord(serializers.Serializer[Any]):
    """``contradicting`` of the ``rollouts`` cannot stand; ``relabel`` is the least that puts
    them right, in ``hours`` of people's time (null: no time was measured)."""

    rollouts = serializers.IntegerField()
    contradicting = serializers.IntegerField()
    relabel = RelabelRecord(many=True)
    hours = serializers.FloatField(allow_null=True)
    runs = StaleRunRecord(many=True, help_text="the newest fifty")


class StaleReopening(ProjectQuery):
    contradicting_only = serializers.BooleanField(
        default=True, help_text="leave alone what the new rule gives as well"
    )


class ReopenedCount(serializers.Serializer[Any]):
    items = serializers.IntegerField()


class StaleLabels(ApiView):
    abilities = {"GET": Ability.READ, "POST": Ability.ADJUDICATE}

    @extend_schema(parameters=[ProjectQuery], responses=StaleRecord)
    def get(self, request: Request) -> Response:
        """What is stale, what it takes to put it right, and which runs learned from it."""
        return Response(stale_json(project_named(query_of(request, ProjectQuery)["project"])))

    @extend_schema(request=StaleReopening, responses=ReopenedCount)
    def post(self, request: Request) -> Response:
        """Ask people again about all of it, each pair's values and each text once."""
        sent = body_of(request, StaleReopening)
        items = stale_reopen(
            project=project_named(sent["project"]),
            lead=user_of(request),
            contradicting_only=sent["contradicting_only"],
        )
        return Response(ReopenedCount({"items": items}).data)


def stale_json(project: Project) -> dict[str, Any]:
    """As the API answers it and the command prints it."""
    report = stale_report(project)
    body = {
        "rollouts": len(report.rows),
        "contradicting": report.contradicting,
        "relabel": report.plan,
        "hours": report.hours,
        "runs": stale_runs(project),
    }
    return dict(StaleRecord(body).data)

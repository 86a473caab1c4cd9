"""A run's rewards again, under another release, over the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.people.abilities import Ability
from annotation.people.api import ApiView
from annotation.people.fields import INT, query_of, row_or_404
from training.models import TrainingRun
from training.runs.replay import run_replay
from verifier.models import VerifierRelease

MOST = 100  # groups that are told


class ReplayQuery(serializers.Serializer[Any]):
    release = serializers.IntegerField(
        min_value=1, max_value=INT, help_text="number of a release of the run's project"
    )


class ReplayCounts(serializers.Serializer[Any]):
    """``flips`` of step rewards, ``signs`` and ``ranks`` of advantages that turn, and how far
    advantages move."""

    run = serializers.IntegerField()
    release = serializers.IntegerField()
    groups = serializers.IntegerField()
    steps = serializers.IntegerField()
    flips = serializers.IntegerField()
    flips_by_step = serializers.DictField(child=serializers.IntegerField())
    signs = serializers.IntegerField()
    ranks = serializers.IntegerField()
    largest = serializers.FloatField()
    moved = serializers.FloatField()


class FlipRecord(serializers.Serializer[Any]):
    """A step reward that differs; null = masked. ``rollout``: its place in the group."""

    rollout = serializers.IntegerField()
    kind = serializers.IntegerField()
    before = serializers.FloatField(allow_null=True)
    after = serializers.FloatField(allow_null=True)
    source_before = serializers.CharField(allow_null=True)
    source_after = serializers.CharField(allow_null=True)


class ChangedRecord(serializers.Serializer[Any]):
    update = serializers.IntegerField()  # type: ignore[assignment]
    pair = serializers.CharField(source="pair_id")
    moved = serializers.FloatField(help_text="sum of |dA| over its steps")
    signs = serializers.IntegerField()
    ranks = serializers.IntegerField()
    flips = FlipRecord(many=True)


class ReplayRecord(ReplayCounts):
    """``ledger``: which part of the groups the run kept; ``unheard``: steps masked now, because
    the reward model was not asked then; ``changed``: the groups moved furthest."""

    ledger = serializers.CharField()
    unheard = serializers.IntegerField()
    changed_groups = serializers.IntegerField()
    changed = ChangedRecord(many=True, help_text="a hundred at most")


class RunReplay(ApiView):
    abilities = {"GET": Ability.READ}

    @extend_schema(parameters=[ReplayQuery], responses=ReplayRecord)
    def get(self, request: Request, pk: int) -> Response:
        """What the run's rewards and advantages would have been under another release. 422 when
        it cannot be replayed."""
        number = query_of(request, ReplayQuery)["release"]
        run = row_or_404(TrainingRun.objects.select_related("project", "policy"), pk)
        release = VerifierRelease.objects.filter(project=run.project, number=number).first()
        if release is None:
            told = f"project {run.project.slug} has no release {number}"
            raise serializers.ValidationError({"release": [told]})
        report = run_replay(run=run, release=release)
        more = {"changed_groups": len(report.changed), "moved": report.moved}
        body = report.as_json() | more | {"changed": report.changed[:MOST]}
        return Response(ReplayRecord(body).data)

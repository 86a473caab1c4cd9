"""What a launch would work with, without launching."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.people.fields import body_of
from training.rollouts.tasks import rollouts_run
from training.runs.api import RunChoice, TrainView
from training.runs.dry_run import dry_run_of, dry_run_start
from training.runs.preflight import preflight
from verifier.services.truth import truth_refresh


class PreflightAsked(RunChoice):
    dry_run = serializers.BooleanField(
        default=False,
        help_text="have 64 training pairs sampled; ask again for its report",
    )


class CheckRecord(serializers.Serializer[Any]):
    name = serializers.CharField()
    text = serializers.CharField()
    met = serializers.BooleanField()


class PreflightRecord(serializers.Serializer[Any]):
    """``dry_run`` is null until one is done."""

    train_pairs = serializers.IntegerField()
    eval_pairs = serializers.IntegerField()
    human_share = serializers.FloatField(allow_null=True)
    checks = CheckRecord(many=True)
    problems = serializers.ListField(child=serializers.CharField())
    warnings = serializers.ListField(child=serializers.CharField())
    dry_run = serializers.DictField(allow_null=True)


class PreflightView(TrainView):
    @extend_schema(request=PreflightAsked, responses=PreflightRecord)
    def post(self, request: Request) -> Response:
        """Counts, thresholds and problems; 422 where a dry run cannot be had."""
        choice = body_of(request, PreflightAsked)
        sample = choice.pop("dry_run")
        truth_refresh(project=choice["project"])
        if sample:
            with transaction.atomic():
                batch = dry_run_start(**choice)
                transaction.on_commit(partial(rollouts_run.delay, batch.pk))
        _batch, report = dry_run_of(**choice)
        body = asdict(preflight(**choice)) | {"dry_run": asdict(report) if report else None}
        return Response(PreflightRecord(body).data)

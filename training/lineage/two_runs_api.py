"""Two runs side by side, for programs."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.people.abilities import Ability
from annotation.people.api import ApiView, user_of
from annotation.people.fields import BIG, query_of, row_or_404
from training.lineage.two_runs import runs_compared
from training.models import TrainingRun

_RUNS = TrainingRun.objects.select_related("project", "policy", "rm", "release")


class TwoRunsQuery(serializers.Serializer[Any]):
    a = serializers.IntegerField(min_value=1, max_value=BIG, help_text="number of a run")
    b = serializers.IntegerField(min_value=1, max_value=BIG, help_text="of the same project")
    rewards = serializers.BooleanField(
        default=False, help_text="reward each run's rollouts by the other's release, too"
    )


class SettingRecord(serializers.Serializer[Any]):
    name = serializers.CharField()
    first = serializers.CharField(allow_null=True)
    second = serializers.CharField(allow_null=True)


class TruthSideRecord(serializers.Serializer[Any]):
    """``names``: of those who decided, to leads only; ``people`` counts them."""

    value = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    resolution = serializers.IntegerField(allow_null=True)
    at = serializers.DateTimeField(allow_null=True)
    names = serializers.ListField(source="people.names", child=serializers.CharField())
    people = serializers.IntegerField(source="people.n")


class TruthChangeRecord(serializers.Serializer[Any]):
    """null on a side: the release knows nothing of the step. ``key`` is the pair, for steps 1
    and 2 the hash of the text."""

    pair = serializers.IntegerField(source="pair.pk", allow_null=True, default=None)
    key = serializers.CharField()
    kind = serializers.IntegerField()
    first = TruthSideRecord(allow_null=True)
    second = TruthSideRecord(allow_null=True)
    withdrawn_by = serializers.CharField(allow_blank=True)
    withdrawn_reason = serializers.CharField(allow_blank=True)


class TruthChangesRecord(serializers.Serializer[Any]):
    changed = serializers.IntegerField(help_text="another value")
    gone = serializers.IntegerField(help_text="in the first release only")
    new = serializers.IntegerField(help_text="in the second release only")
    resourced = serializers.IntegerField(help_text="the same value by another source")
    by_step = serializers.DictField(child=serializers.IntegerField())
    labels_gone = serializers.IntegerField()
    labels_new = serializers.IntegerField()
    rows = TruthChangeRecord(many=True)
    left_out = serializers.IntegerField(help_text="beyond the first hundred")


class SharedRecord(serializers.Serializer[Any]):
    """Macro F1 of both on the pairs that both answered; ``low`` and ``high`` bound the
    difference second - first, queries resampled."""

    pairs = serializers.IntegerField()
    queries = serializers.IntegerField()
    first = serializers.FloatField()
    second = serializers.FloatField()
    difference = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class SharedEvaluationRecord(serializers.Serializer[Any]):
    moment = serializers.CharField()
    shared = SharedRecord(allow_null=True)
    refusal = serializers.CharField(allow_blank=True)


class OtherTruthRecord(serializers.Serializer[Any]):
    """``report`` as `manage.py replay --json` prints it."""

    run = serializers.IntegerField(source="run.pk")
    release = serializers.IntegerField(allow_null=True)
    report = serializers.DictField(source="report.as_json", allow_null=True, default=None)
    refusal = serializers.CharField(allow_blank=True)


class TwoRunsRecord(serializers.Serializer[Any]):
    """``truths`` is null where a run has no release (``refusal``); ``rewards`` where they were
    not wanted. ``release`` is the newest one, by which the answers are scored."""

    first = serializers.IntegerField(source="first.pk")
    second = serializers.IntegerField(source="second.pk")
    settings = SettingRecord(many=True)
    truths = TruthChangesRecord(allow_null=True)
    refusal = serializers.CharField(allow_blank=True)
    release = serializers.IntegerField(allow_null=True)
    evaluations = SharedEvaluationRecord(many=True)
    rewards = OtherTruthRecord(many=True, allow_null=True)


class TwoRunsView(ApiView):
    abilities = {"GET": Ability.READ}

    @extend_schema(parameters=[TwoRunsQuery], responses=TwoRunsRecord)
    def get(self, request: Request) -> Response:
        """404 where a run does not exist; 422 for one run twice, or runs of two projects."""
        query = query_of(request, TwoRunsQuery)
        first, second = (row_or_404(_RUNS, query[name]) for name in ("a", "b"))
        two = runs_compared(first, second, reader=user_of(request), rewards=query["rewards"])
        return Response(TwoRunsRecord(two).data)
